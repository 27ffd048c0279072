/**
 * What one attempt came to, in words both engines share.
 *
 * Failures carry the error types of RFC 9209 (Proxy-Status), section 2.3, as their names: the log, the
 * response header and the retry rule then speak of the same thing.
 */
import type { Backend } from "./backend.ts";

interface FailureRule {
  /** What the client gets when no other backend could help. */
  readonly status: number;
  /** Whether any byte of the request may have left: decides about sending it again. */
  readonly mayHaveLeft: boolean;
  /** One short sentence for the client. */
  readonly text: string;
}

const UNREACHABLE = { status: 503, mayHaveLeft: false, text: "Service not available" };

/** Every way an attempt can fail. */
export const FAILURES = {
  destination_unavailable: UNREACHABLE,
  dns_error: UNREACHABLE,
  destination_ip_unroutable: UNREACHABLE,
  connection_refused: UNREACHABLE,
  connection_timeout: UNREACHABLE,
  tls_certificate_error: UNREACHABLE,
  tls_protocol_error: UNREACHABLE,
  connection_terminated: {
    status: 502,
    mayHaveLeft: true,
    text: "The backend closed the connection before it answered",
  },
  http_protocol_error: {
    status: 502,
    mayHaveLeft: true,
    text: "The backend's answer was not valid HTTP",
  },
  http_response_timeout: {
    status: 504,
    mayHaveLeft: true,
    text: "The backend did not answer in time",
  },
  http_request_error: {
    status: 400,
    mayHaveLeft: true,
    text: "The request's body did not arrive as announced",
  },
  proxy_internal_error: { status: 500, mayHaveLeft: true, text: "Internal error" },
} as const satisfies Record<string, FailureRule>;

export type FailureKind = keyof typeof FAILURES;

/** The backend answered; whatever its status, the answer is the client's to see. */
export interface Answered<Response> {
  readonly kind: "answered";
  readonly response: Response;
}

export interface Failed {
  readonly kind: "failed";
  readonly failure: FailureKind;
  /** What happened, for the log: may name addresses, never sent to a client. */
  readonly detail: string;
  /** Whether it is certain that no byte of the request left, where the kind of failure leaves it open. */
  readonly neverLeft?: boolean;
}

export type Outcome<Response> = Answered<Response> | Failed;

/** Whether any byte of the request may have left in an attempt that failed so. */
export function mayHaveLeft({ failure, neverLeft }: Failed): boolean {
  return FAILURES[failure].mayHaveLeft && neverLeft !== true;
}

/** One try at one backend, as the log tells it. */
export interface Attempt<Response> {
  readonly backend: Backend;
  readonly outcome: Outcome<Response>;
}

/** The outcome of a request for which there was no backend left to try, and none tried. */
export const NO_BACKEND: Failed = {
  kind: "failed",
  failure: "destination_unavailable",
  detail: "no backend to try",
};
