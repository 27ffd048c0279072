/** Sends a request to one backend by fetch, once, and says what that came to. */
import type { Backend } from "../backend.ts";
import { type Field, requestFields } from "../headers.ts";
import type { Failed, Outcome } from "../outcome.ts";
import { isIdempotent } from "../retry.ts";
import { type Deadlines, Waiting } from "./deadlines.ts";
import { failedFetch } from "./fetch_error.ts";
import { headersInit } from "./headers_init.ts";
import type { WebRequest } from "./request.ts";

export interface ForwardOptions {
  readonly scheme: "http" | "https";
  /** Whether a peer's X-Forwarded-* are believed. */
  readonly isTrusted: (address: string) => boolean;
  /** Gives up on a first byte that does not come. */
  readonly deadlines: Deadlines;
}

/** How long a connection to a backend may idle; most servers close theirs after 5 s or more. */
const IDLE_MS = 4_000;

/** What is idempotent may ride an older connection: if that is dead, it is sent again. What is not
 * idempotent rides none that was idle for longer than this. */
const IDLE_MS_NOT_IDEMPOTENT = 1_000;

/** Reasons to abort, told apart by identity when fetch rejects with them. */
const CLIENT_GONE: Failed = fail("http_request_error", "the client left");
const CLIENT_STALLED: Failed = fail("http_request_error", "the request's body stalled");
const NO_FIRST_BYTE: Failed = fail("http_response_timeout", "no first byte within the timeout");

/** Makes the web engine's `forward`, and what closes its connections. */
export function createForward({ scheme, isTrusted, deadlines }: ForwardOptions) {
  const pooled = createClient(IDLE_MS);
  const recent = createClient(IDLE_MS_NOT_IDEMPOTENT);
  // fetch sends a request without a body again on its own when a pooled connection dies, a POST too:
  // only a connection of its own makes that impossible (tests/web/never_twice_test.ts).
  const single = Deno.createHttpClient({ allowHost: true, http2: false, poolMaxIdlePerHost: 0 });

  async function forward(request: WebRequest, backend: Backend): Promise<Outcome<Response>> {
    const { method, body } = request;
    const attempt = new WaitingAttempt(request);
    deadlines.begin(attempt);
    const client = isIdempotent(method) ? pooled : body === undefined ? single : recent;
    const forwarding = request.forwarding(scheme, isTrusted(request.clientAddress));
    try {
      const response = await fetch(backend.url + request.path, {
        method,
        headers: headersInit(withoutDecoding(requestFields(request.fields, forwarding))),
        body: body?.open(() => deadlines.touch(attempt)) ?? null,
        redirect: "manual",
        signal: attempt.signal,
        client,
      });
      if (isPassable(response.status)) return { kind: "answered", response };
      await response.body?.cancel();
      return fail("http_protocol_error", `status ${response.status}`);
    } catch (error) {
      if (attempt.signal.aborted) return attempt.signal.reason;
      if (body?.broken) return fail("http_request_error", String(error));
      return failedFetch(error);
    } finally {
      deadlines.end(attempt);
    }
  }

  function close(): void {
    for (const client of [pooled, recent, single]) client.close();
  }

  return { forward, close };
}

/** An attempt that waits for its first byte, and how to end it. */
class WaitingAttempt extends Waiting {
  readonly #request: WebRequest;
  readonly #controller = new AbortController();

  constructor(request: WebRequest) {
    super();
    this.#request = request;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  override watch(): void {
    this.#request.whenClientGone(() => this.#controller.abort(CLIENT_GONE));
  }

  override expire(): void {
    this.#controller.abort(this.#request.body?.awaitsClient ? CLIENT_STALLED : NO_FIRST_BYTE);
  }
}

function createClient(poolIdleTimeout: number): Deno.HttpClient {
  return Deno.createHttpClient({ allowHost: true, http2: false, poolIdleTimeout });
}

/**
 * Keeps fetch from decoding the response and from naming itself.
 *
 * fetch decodes gzip and br unless the first Accept-Encoding line is exactly `identity`, or the request
 * has a Range; so that line goes first, and the client's own follows as a second one: both arrive. What
 * fetch adds where it is missing is set to what means the same as nothing; Accept and Accept-Language
 * it sets so by itself.
 */
function withoutDecoding(fields: Field[]): Field[] {
  let decodes = true, named = false;
  for (const [name] of fields) {
    if (name.length === 5 && name.toLowerCase() === "range") decodes = false;
    if (name.length === 10 && name.toLowerCase() === "user-agent") named = true;
  }
  if (!named) fields.push(["user-agent", ""]);
  if (decodes) fields.unshift(["accept-encoding", "identity"]);
  return fields;
}

/** Statuses that mean something to a client that asked for no upgrade (RFC 9110, 15). */
function isPassable(status: number): boolean {
  return status >= 200 && status <= 599;
}

function fail(failure: Failed["failure"], detail: string): Failed {
  return { kind: "failed", failure, detail };
}
