/** Sends a request to one backend by fetch, once, and returns the outcome. */
import type { Backend } from "../../backends/backend.ts";
import { type Field, requestFields } from "../../http/headers.ts";
import { type Failed, failed, type Outcome, overLimit } from "../../outcome.ts";
import { isIdempotent } from "../../retry.ts";
import type { Wheel } from "../../time/timer_wheel.ts";
import {
  BODY_MALFORMED,
  CLIENT_BROKE_OFF,
  RESPONSE_HAS_TOO_MANY_LINES,
} from "../shared/failures.ts";
import { type AttemptTimeouts, WebAttempt } from "./attempt.ts";
import { assessBreak, pauseForAnswer } from "./early_answer.ts";
import { failedFetch } from "../../net/fetch_error.ts";
import { headersInit } from "./headers_init.ts";
import { ConnectCheck } from "./connect_check.ts";
import type { WebRequest } from "./request.ts";
import { rawFields } from "./raw_fields.ts";
import { hasShortBody } from "./response_body.ts";

export interface ForwardOptions {
  readonly scheme: "http" | "https";
  /** This balancer's name in Via. */
  readonly instanceName: string;
  /** Whether a peer's X-Forwarded-* are believed. */
  readonly isTrusted: (address: string) => boolean;
  readonly wheel: Wheel;
  readonly timeouts: AttemptTimeouts;
  /** Field lines that a response may have; fetch takes at most 100. */
  readonly maxHeaderLines: number;
}

/** A backend's response, and its attempt, which can still break it off. */
export interface WebResponse {
  readonly response: Response;
  readonly attempt: WebAttempt;
  /** The body, if it is short: it has been received. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}

/** How long a connection to a backend may idle, in milliseconds; most servers keep it for 5 s or more. */
const IDLE_MS = 4_000;

/** A request that is not idempotent uses no connection that was idle for longer, in milliseconds: if
 * the connection is dead, it must not be sent again. */
const REUSE_NOT_IDEMPOTENT_MS = 1_000;

/** A Response cannot have a higher status. */
const STATUS_LIMIT = "599, the highest status of ENGINE=web";

/** Makes the web engine's `forward`, and what closes its connections. */
export function createForward(options: ForwardOptions) {
  const { scheme, instanceName, isTrusted, wheel, timeouts, maxHeaderLines } = options;
  const pooled = createClient(IDLE_MS);
  const recent = createClient(REUSE_NOT_IDEMPOTENT_MS);
  // If a pooled connection dies, fetch sends a request without a body again, a POST too: only a new
  // connection for each prevents that (tests/engines/web/fetch_resends_test.ts).
  const single = Deno.createHttpClient({ allowHost: true, http2: false, poolMaxIdlePerHost: 0 });
  const connectChecks = new Map<Backend, ConnectCheck>();

  async function forward(request: WebRequest, backend: Backend): Promise<Outcome<WebResponse>> {
    const { method, body } = request;
    const connectCheck = connectCheckFor(backend);
    const idempotent = isIdempotent(method);
    // A request that cannot be sent again goes only to a backend that is known to be there.
    if (!idempotent && !connectCheck.isAnswering) {
      const unreachable = await connectCheck.run(timeouts.connectTimeout);
      if (unreachable !== undefined) return unreachable;
    }
    if (request.ended !== undefined) return { ...request.ended, neverLeft: true };

    const attempt = new WebAttempt({
      request,
      wheel,
      timeouts,
      connectCheck: idempotent ? connectCheck : undefined,
    });
    request.attempt = attempt;
    attempt.begin();
    const client = idempotent ? pooled : body === undefined ? single : recent;
    const forwarding = request.forwarding(scheme, isTrusted(request.clientAddress), instanceName);
    try {
      const response = await fetch(backend.url + request.path, {
        method,
        headers: headersInit(withoutDecoding(requestFields(request.fields, forwarding))),
        body: body?.open(() => attempt.moved()) ?? null,
        redirect: "manual",
        signal: attempt.signal,
        client,
      });
      pauseForAnswer(body, wheel);
      connectCheck.noteAnswer();
      const { status } = response;
      const obstacle = explainUnpassable(response, maxHeaderLines);
      if (obstacle !== undefined) {
        await response.body?.cancel();
        return obstacle;
      }
      const bytes = hasShortBody(response) ? await attempt.receive(response) : undefined;
      return { kind: "answered", status, response: { response, attempt, bytes } };
    } catch (error) {
      if (attempt.signal.aborted) return attempt.signal.reason;
      if (body?.broken) return body.malformed ? BODY_MALFORMED : CLIENT_BROKE_OFF;
      return assessBreak(failedFetch(error), body);
    } finally {
      attempt.end();
    }
  }

  function connectCheckFor(backend: Backend): ConnectCheck {
    let connectCheck = connectChecks.get(backend);
    if (connectCheck === undefined) {
      connectChecks.set(backend, connectCheck = new ConnectCheck(backend.url, wheel));
    }
    return connectCheck;
  }

  function close(): void {
    for (const client of [pooled, recent, single]) client.close();
  }

  return { forward, close };
}

function createClient(poolIdleTimeout: number): Deno.HttpClient {
  return Deno.createHttpClient({ allowHost: true, http2: false, poolIdleTimeout });
}

/**
 * Keeps fetch from decoding the response and from adding its own User-Agent.
 *
 * fetch decodes gzip and br unless the first Accept-Encoding line is exactly `identity`, or the request
 * has a Range. So that line goes first, and the client's own follows as a second line. fetch adds a
 * missing User-Agent, which is therefore set to an empty one; the Accept and Accept-Language that it
 * adds mean the same as none.
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

/** Why a response cannot be passed to a client that asked for no upgrade; undefined if it can be. */
function explainUnpassable(
  { status, headers }: Response,
  maxHeaderLines: number,
): Failed | undefined {
  if (status < 200) return failed("http_protocol_error", `status ${status}`);
  if (status > 599) return overLimit("http_protocol_error", STATUS_LIMIT, `status ${status}`);
  return rawFields(headers).length > maxHeaderLines ? RESPONSE_HAS_TOO_MANY_LINES : undefined;
}
