/** The web engine: Deno.serve receives, the proxy decides, fetch forwards, Deno.serve responds. */
import {
  type Answer,
  failureAnswer,
  internalErrorAnswer,
  lastRecipientAnswer,
  type Refusal,
  refusalAnswer,
} from "../answers.ts";
import type { Engine, EngineOptions } from "../engine.ts";
import { createProxy, type Result } from "../proxy.ts";
import { RequestBody } from "./body.ts";
import { Deadlines } from "./deadlines.ts";
import { createForward } from "./forward.ts";
import { InFlight } from "./in_flight.ts";
import { announcedLength, type Head, headOf } from "./head.ts";
import { admit } from "./refusal.ts";
import { type ServeInfo, WebRequest } from "./request.ts";
import { forwardedResponse, ownResponse } from "./respond.ts";

/** Starts the web engine. @throws where the address cannot be listened on */
export function serveWeb(options: EngineOptions): Engine {
  const { pool, maxAttempts, isTrusted, onRequest, onError } = options;
  const deadlines = new Deadlines(options.limits.firstByteTimeout);
  const { forward, close } = createForward({ scheme: "http", isTrusted, deadlines });
  const proxy = createProxy({ pool, forward, maxAttempts });
  const inFlight = new InFlight();

  async function handle(request: Request, info: ServeInfo): Promise<Response> {
    const head = headOf(request);
    const target = admit(head, fallbackHost);
    if ("reason" in target) return refuse(request, info, target);
    if (head.method === "OPTIONS" && /^0+$/.test(head.maxForwards ?? "")) {
      return own(lastRecipientAnswer());
    }

    const received = new WebRequest(request, info, head, target);
    const body = bodyOf(request, head);
    if (body !== undefined && await body.isPresent()) received.body = body;
    inFlight.begin(info.completed, received.body);
    const startedAt = onRequest === undefined ? 0 : performance.now();
    const result = await proxy(received);
    const response = respond(result, received.method);
    if (onRequest !== undefined) logWhenSent(info, received, startedAt, result, response.status);
    return response;
  }

  function respond({ outcome, verdict }: Result<Response>, method: string): Response {
    return outcome.kind === "answered"
      ? forwardedResponse(outcome.response, method, inFlight.draining)
      : own(failureAnswer(outcome, verdict));
  }

  function own(answer: Answer): Response {
    return ownResponse(answer, inFlight.draining);
  }

  function refuse(request: Request, info: ServeInfo, refusal: Refusal): Response {
    onRequest?.({
      time: new Date(),
      clientAddress: info.remoteAddr.hostname,
      method: request.method,
      path: "-",
      status: refusal.status,
      milliseconds: 0,
      attempts: [],
      refused: refusal.reason,
    });
    return own(refusalAnswer(refusal));
  }

  function logWhenSent(
    info: ServeInfo,
    { method, path, clientAddress }: WebRequest,
    startedAt: number,
    { attempts, verdict }: Result<Response>,
    status: number,
  ): void {
    const log = () => {
      const milliseconds = performance.now() - startedAt;
      const time = new Date(Date.now() - milliseconds);
      const entry = { time, clientAddress, method, path, status, milliseconds, attempts, verdict };
      onRequest!(entry);
    };
    info.completed.then(log, log);
  }

  const server = Deno.serve({
    hostname: options.hostname,
    port: options.port,
    onListen: () => {},
    onError: (error) => {
      onError(error);
      return own(internalErrorAnswer());
    },
  }, handle);
  const fallbackHost = fallbackHostOf(server.addr);

  return {
    address: server.addr,
    finished: server.finished,
    async drain(timeout) {
      const cut = await inFlight.drain(server, timeout);
      deadlines.close();
      close();
      return cut;
    },
  };
}

/**
 * The request's body; undefined where there is none.
 *
 * HTTP/2 may send a body without announcing it; Deno.serve gives one for each of its methods.
 */
function bodyOf(request: Request, head: Head): RequestBody | undefined {
  const length = announcedLength(head);
  const unannounced = head.host === undefined && head.contentLength === undefined;
  if (length === 0 && !unannounced) return undefined;
  if (request.body === null) return undefined;
  return new RequestBody(request.body, unannounced ? undefined : length, !unannounced);
}

/** What Deno.serve puts into `request.url` where the client named no host. */
function fallbackHostOf({ hostname, port }: Deno.NetAddr): string {
  const local = /^(?:0\.0\.0\.0|127\.|::1?$)/.test(hostname);
  const host = local ? "localhost" : hostname.includes(":") ? `[${hostname}]` : hostname;
  return port === 80 ? host : `${host}:${port}`;
}
