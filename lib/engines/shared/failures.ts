/** Failures that an engine causes itself, by ending an attempt. */
import { TOO_LARGE } from "../../http/local_reply.ts";
import { type Failed, failed, overLimit } from "../../outcome.ts";

export const NO_FIRST_BYTE: Failed = failed(
  "http_response_timeout",
  "no first byte within timeouts.firstByte",
);
export const STALLED: Failed = failed("http_response_timeout", "the response stalled");
export const BACKEND_TAKES_NOTHING: Failed = failed(
  "http_response_timeout",
  "the backend did not take the request's body",
);
export const EXPIRED: Failed = failed("http_response_timeout", "timeouts.request has passed");

export const CLIENT_GONE: Failed = failed("http_request_error", "the client left");
export const CLIENT_TAKES_NOTHING: Failed = failed(
  "http_request_error",
  "the client did not take the response",
);
export const CLIENT_BROKE_OFF: Failed = failed(
  "http_request_error",
  "the client broke off its request's body",
);
export const BODY_MALFORMED: Failed = failed(
  "http_request_error",
  "the request's body is malformed",
);
export const CLIENT_STALLED: Failed = {
  ...failed("http_request_error", "the request's body stalled"),
  status: 408,
};
export const UPLOAD_EXPIRED: Failed = {
  ...failed("http_request_error", "the request's body did not arrive within timeouts.request"),
  status: 408,
};

export const BODY_TOO_LARGE: Failed = {
  ...failed("http_request_error", "the request's body is larger than its route allows"),
  status: 413,
  text: TOO_LARGE,
};

export const TUNNEL_IDLE: Failed = failed(
  "http_response_timeout",
  "nothing passed through the tunnel",
);
export const TUNNEL_HALF_CLOSED: Failed = failed(
  "http_response_timeout",
  "one side of the tunnel closed, and nothing passed any more",
);
export const CLIENT_TOO_SLOW: Failed = failed(
  "http_request_error",
  "the client took messages too slowly",
);
export const BACKEND_TOO_SLOW: Failed = failed(
  "http_response_timeout",
  "the backend took messages too slowly",
);
export const BACKEND_BROKE_OFF: Failed = failed("connection_terminated", "the backend broke off");
export const CUT_OFF: Failed = failed("http_request_error", "the stop did not wait any longer");
export const BACKEND_REMOVED: Failed = failed(
  "http_request_error",
  "its backend was taken out, and timeouts.drain has passed",
);
export const CLOSED_EARLY: Failed = failed(
  "connection_terminated",
  "the backend closed the connection before its answer was complete",
);

export const RESPONSE_HEAD_TOO_LARGE: Failed = overLimit(
  "http_response_header_section_size",
  "limits.headerSize",
  "the response's head is larger than limits.headerSize",
);
export const RESPONSE_HAS_TOO_MANY_LINES: Failed = overLimit(
  "http_response_header_section_size",
  "limits.headerLines",
  "the response's head has more lines than limits.headerLines",
);

/** Whether the failure is that the client left before it had its response. */
export function isDeparture({ detail }: Failed): boolean {
  return detail === CLIENT_GONE.detail || detail === CLIENT_BROKE_OFF.detail;
}

/** The failure for an error of this program. */
export function internalError(error: unknown): Failed {
  return failed("proxy_internal_error", String(error));
}
