/**
 * What one attempt came to, in words both engines share.
 *
 * Failures carry the error types of RFC 9209 (Proxy-Status), section 2.3, as their names: the log, the
 * response header and the retry rule then speak of the same thing.
 */

interface FailureRule {
  /** What the client gets when no other backend could help. */
  readonly status: number;
  /** Whether any byte of the request may have left: decides about sending it again. */
  readonly mayHaveLeft: boolean;
  /** Whether the backend is at fault: decides about its health. */
  readonly blamesBackend: boolean;
  /** One short sentence for the client. */
  readonly text: string;
}

const UNREACHABLE = {
  status: 503,
  mayHaveLeft: false,
  blamesBackend: true,
  text: "Service not available",
};

/** Every way an attempt can fail. */
export const FAILURES = {
  destination_unavailable: UNREACHABLE,
  dns_error: UNREACHABLE,
  destination_ip_unroutable: UNREACHABLE,
  connection_refused: UNREACHABLE,
  connection_timeout: UNREACHABLE,
  tls_certificate_error: UNREACHABLE,
  tls_protocol_error: UNREACHABLE,
  /** It may have no more connections: by BACKEND_MAX_IN_FLIGHT, or as this program has none left. */
  connection_limit_reached: { ...UNREACHABLE, blamesBackend: false },
  connection_terminated: {
    status: 502,
    mayHaveLeft: true,
    blamesBackend: true,
    text: "The backend closed the connection before it answered",
  },
  http_protocol_error: {
    status: 502,
    mayHaveLeft: true,
    blamesBackend: true,
    text: "The backend's answer was not valid HTTP",
  },
  http_response_timeout: {
    status: 504,
    mayHaveLeft: true,
    blamesBackend: true,
    text: "The backend did not answer in time",
  },
  http_request_error: {
    status: 400,
    mayHaveLeft: true,
    blamesBackend: false,
    text: "The request's body did not arrive as announced",
  },
  proxy_internal_error: {
    status: 500,
    mayHaveLeft: true,
    blamesBackend: false,
    text: "Internal error",
  },
} as const satisfies Record<string, FailureRule>;

export type FailureKind = keyof typeof FAILURES;

/** The backend answered; whatever its status, the answer is the client's to see. */
export interface Answered<Response> {
  readonly kind: "answered";
  readonly status: number;
  readonly response: Response;
}

export interface Failed {
  readonly kind: "failed";
  readonly failure: FailureKind;
  /** What happened, for the log: may name addresses, never sent to a client. */
  readonly detail: string;
  /** Whether it is certain that no byte of the request left, where that is not as the kind of failure
   * has it. */
  readonly neverLeft?: boolean;
  /** What the client gets, where that is not as the kind of failure has it. */
  readonly status?: number;
}

export function failed(failure: FailureKind, detail: string): Failed {
  return { kind: "failed", failure, detail };
}

export type Outcome<Response> = Answered<Response> | Failed;

/** Whether any byte of the request may have left in an attempt that came to this. */
export function mayHaveLeft(outcome: Outcome<unknown>): boolean {
  if (outcome.kind === "answered") return true;
  return outcome.neverLeft === undefined
    ? FAILURES[outcome.failure].mayHaveLeft
    : !outcome.neverLeft;
}

/** The outcome of a request for which there was no backend at all. */
export const NO_BACKEND: Failed = {
  kind: "failed",
  failure: "destination_unavailable",
  detail: "no backend to try",
};

/** The outcome of a request for which every backend has as many in flight as it may. */
export const ALL_FULL: Failed = {
  kind: "failed",
  failure: "connection_limit_reached",
  detail: "every backend has BACKEND_MAX_IN_FLIGHT requests in flight",
};

/** What happened, in the log's words: `connection_refused: …`. */
export function formatFailure({ failure, detail }: Failed): string {
  return `${failure}: ${detail}`;
}
