/** Sends a request to one backend by fetch, once, and returns the outcome. */
import type { Backend } from "../../backends/backend.ts";
import { type Field, requestFields } from "../../http/headers.ts";
import type { WebSocketHandshake } from "../../http/websocket.ts";
import { type Failed, failed, type Outcome, overLimit } from "../../outcome.ts";
import { isIdempotent } from "../../retry.ts";
import { changeFields } from "../../routing/header_changes.ts";
import type { Wheel } from "../../time/timer_wheel.ts";
import { fillingFor } from "../shared/dispatch.ts";
import { RESPONSE_HAS_TOO_MANY_LINES } from "../shared/failures.ts";
import { WebAttempt } from "./attempt.ts";
import { assessBreak, pauseForAnswer } from "./early_answer.ts";
import { failedFetch } from "../../net/fetch_error.ts";
import type { Link, Links } from "./links.ts";
import { mayBeResent } from "../shared/reuse.ts";
import type { WebRequest } from "./request.ts";
import type { RequestBody } from "./request_body.ts";
import { rawFields } from "./raw_fields.ts";
import { hasShortBody } from "./response_body.ts";
import type { WebResponse } from "./web_response.ts";
import type { WebSocketAnswer } from "./websocket/open.ts";

export interface ForwardOptions {
  /** This balancer's name in Via. */
  readonly instanceName: string;
  /** Whether a peer's X-Forwarded-* are believed. */
  readonly isTrusted: (address: string) => boolean;
  readonly wheel: Wheel;
  readonly links: Links;
  /** Field lines that a response may have; fetch takes at most 100. */
  readonly maxHeaderLines: number;
}

/** What a backend has answered to a request, or to the handshake of a WebSocket. */
export type WebAnswer = WebResponse | WebSocketAnswer;

/** How long a connection to a backend may idle, in milliseconds; most servers keep it for 5 s or more. */
const IDLE_MS = 4_000;

/** As such a limit, it stands for a new connection. */
const NEW_CONNECTION = 0;

/** A Response cannot have a higher status. */
const STATUS_LIMIT = "599, the highest status of the web engine";

/** Makes the web engine's `forward`. */
export function createForward(options: ForwardOptions) {
  const { instanceName, isTrusted, wheel, links, maxHeaderLines } = options;

  return async function forward(
    request: WebRequest,
    backend: Backend,
  ): Promise<Outcome<WebAnswer>> {
    const { method, body } = request;
    const link = links.to(backend);
    const { connectCheck } = link;
    const { timeouts } = request.way!.destination;
    const idempotent = isIdempotent(method);
    // A request that cannot be sent again goes only to a backend that is known to be there.
    if (!idempotent && !connectCheck.isAnswering) {
      const unreachable = await connectCheck.run(timeouts.connect);
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
    if (request.webSocket !== undefined) {
      return await open(request, request.webSocket, link, attempt);
    }
    const sentAt = wheel.now;
    const limit = idempotent ? IDLE_MS : limitOf(link, body);
    const outcome = await send(request, link, attempt, limit);
    if (outcome.kind === "answered" || !wasLost(outcome, attempt)) return outcome;
    if (!link.mayHaveReused(limit, sentAt)) return outcome;
    if (mayBeResent(request, false)) {
      return await send(request, link, attempt, NEW_CONNECTION);
    }
    return link.reuseLimit.assessLoss(outcome, limit, sentAt, wheel.now);
  };

  /** @param limit how long its connection may have been idle, in milliseconds */
  async function send(
    request: WebRequest,
    link: Link,
    attempt: WebAttempt,
    limit: number,
  ): Promise<Outcome<WebResponse>> {
    const { method, body } = request;
    attempt.begin();
    try {
      const response = await fetch(urlFor(request, link), {
        method,
        headers: withoutDecoding(fieldsFor(request)),
        body: body?.open(() => attempt.moved()) ?? null,
        redirect: "manual",
        signal: attempt.signal,
        client: link.clients.keeping(limit),
      });
      attempt.answered = true;
      pauseForAnswer(body, wheel);
      link.connectCheck.noteAnswer();
      const { status } = response;
      const obstacle = explainUnpassable(response, maxHeaderLines);
      if (obstacle !== undefined) {
        await response.body?.cancel();
        return obstacle;
      }
      const bytes = hasShortBody(response) ? await attempt.receive(response) : undefined;
      if (bytes !== undefined || response.body === null) link.noteReceived(limit);
      else attempt.onReceived = () => link.noteReceived(limit);
      return { kind: "answered", status, response: { response, attempt, bytes } };
    } catch (error) {
      if (attempt.signal.aborted) return attempt.signal.reason;
      if (body?.fault !== undefined) return body.fault;
      return assessBreak(failedFetch(error, link.isSocket), body);
    } finally {
      attempt.end();
    }
  }

  /** What does that is loaded once a client wants a WebSocket. */
  async function open(
    request: WebRequest,
    handshake: WebSocketHandshake,
    link: Link,
    attempt: WebAttempt,
  ): Promise<Outcome<WebSocketAnswer>> {
    const { openWebSocket } = await import("./websocket/open.ts");
    const { connect } = request.way!.destination.timeouts;
    const outcome = await openWebSocket({
      url: urlFor(request, link),
      fields: fieldsFor(request),
      handshake,
      client: link.clients.keeping(NEW_CONNECTION),
      attempt,
      explain: () => link.connectCheck.run(connect),
    });
    if (outcome.kind === "answered") link.connectCheck.noteAnswer();
    return outcome;
  }

  function urlFor({ path, way }: WebRequest, { base }: Link): string {
    return base + (way!.route.request?.path?.(path) ?? path);
  }

  function fieldsFor(request: WebRequest): Field[] {
    const forwarding = request.forwarding(isTrusted(request.clientAddress), instanceName);
    const fields = requestFields(request.fields, forwarding);
    const { route } = request.way!;
    if (route.request?.headers === undefined) return fields;
    return changeFields(fields, route.request.headers, fillingFor(request, route, isTrusted));
  }

  function limitOf({ reuseLimit }: Link, body: RequestBody | undefined): number {
    // If a pooled connection dies, fetch sends a request without a body again, a POST too: only a new
    // connection for each prevents that (tests/engines/web/fetch_resends_test.ts).
    return body === undefined ? NEW_CONNECTION : reuseLimit.milliseconds(wheel.now);
  }
}

/** Whether the connection broke before any byte of a response, and not from this side. */
function wasLost({ failure }: Failed, { answered, signal }: WebAttempt): boolean {
  return failure === "connection_terminated" && !answered && !signal.aborted;
}

/**
 * Keeps fetch from decoding the response and from adding its own User-Agent.
 *
 * fetch decodes gzip and br unless the first Accept-Encoding line is exactly `identity`, or the request
 * has a Range. So that line goes first, and the client's own follows as a second line. fetch adds a
 * missing User-Agent, which is therefore set to an empty one; the Accept and Accept-Language that it
 * adds mean the same as none.
 */
function withoutDecoding(fields: Field[]): [string, string][] {
  let decodes = true, named = false;
  for (const [name] of fields) {
    if (name.length === 5 && name.toLowerCase() === "range") decodes = false;
    if (name.length === 10 && name.toLowerCase() === "user-agent") named = true;
  }
  if (!named) fields.push(["user-agent", ""]);
  if (decodes) fields.unshift(["accept-encoding", "identity"]);
  return fields as [string, string][];
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
