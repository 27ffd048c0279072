/**
 * The outcome of one attempt, in words that both engines share.
 *
 * Failures are named after the error types of RFC 9209 (Proxy-Status), section 2.3, so that the log, the
 * response header and the retry rule use the same words.
 */

interface FailureRule {
  /** What the client gets if this is the last attempt's failure. */
  readonly status: number;
  /** Whether any byte of the request may have been sent: decides whether it may be sent again. */
  readonly mayHaveLeft: boolean;
  /** Whether the backend is at fault: then it counts against its health. */
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
  /** limits.backendInFlight is reached, or this program can open no more connections. */
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
  /** The head is over limits.headerLines or limits.headerSize. */
  http_response_header_section_size: {
    status: 502,
    mayHaveLeft: true,
    blamesBackend: false,
    text: "The head of the backend's answer is too large",
  },
  http_response_trailer_section_size: {
    status: 502,
    mayHaveLeft: true,
    blamesBackend: false,
    text: "The trailers of the backend's answer are too large",
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

/** The backend answered. The client gets the answer, whatever its status. */
export interface Answered<Response> {
  readonly kind: "answered";
  readonly status: number;
  readonly response: Response;
}

export interface Failed {
  readonly kind: "failed";
  readonly failure: FailureKind;
  /** What happened, for the log. It may contain addresses and is never sent to a client. */
  readonly detail: string;
  /** Whether it is certain that no byte of the request was sent; by default the failure's kind says. */
  readonly neverLeft?: boolean;
  /** What the client gets; by default the status of the failure's kind. */
  readonly status?: number;
  /** What the client reads; by default the sentence of the failure's kind. */
  readonly text?: string;
  /**
   * The limit of this program that the response is over, as {@linkcode overLimit} takes it. No backend is
   * to blame for that, and another attempt would meet the same response.
   */
  readonly limit?: string;
  /** Whether it shows nothing about the backend, although its kind does. */
  readonly inconclusive?: boolean;
}

export function failed(failure: FailureKind, detail: string): Failed {
  return { kind: "failed", failure, detail };
}

/**
 * The failure of an attempt whose response is over a limit of this program.
 *
 * @param limit its setting, or in a few words what it is, such as `limits.headerLines`; clients see it
 */
export function overLimit(failure: FailureKind, limit: string, detail: string): Failed {
  return { kind: "failed", failure, detail, limit };
}

export type Outcome<Response> = Answered<Response> | Failed;

/** Whether any byte of the request may have been sent in an attempt with this outcome. */
export function mayHaveLeft(outcome: Outcome<unknown>): boolean {
  if (outcome.kind === "answered") return true;
  return outcome.neverLeft === undefined
    ? FAILURES[outcome.failure].mayHaveLeft
    : !outcome.neverLeft;
}

/** Whether the backend is at fault. */
export function blamesBackend({ failure, limit, inconclusive = false }: Failed): boolean {
  return limit === undefined && !inconclusive && FAILURES[failure].blamesBackend;
}

/** The outcome of a request if the pool has no backends. */
export const NO_BACKEND: Failed = {
  kind: "failed",
  failure: "destination_unavailable",
  detail: "no backend to try",
};

/** The outcome of a request if every backend has as many requests in flight as it may have. */
export const ALL_FULL: Failed = {
  kind: "failed",
  failure: "connection_limit_reached",
  detail: "every backend has limits.backendInFlight requests in flight",
};

/** What happened, in the log's words: `dns_error: …`, or `connection_refused` if the detail says the same. */
export function formatFailure({ failure, detail }: Failed): string {
  return detail === failure.replaceAll("_", " ") ? failure : `${failure}: ${detail}`;
}
