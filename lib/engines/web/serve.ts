/** The web engine: Deno.serve receives, the proxy decides, fetch forwards, Deno.serve responds. */
import {
  internalErrorReply,
  lastRecipientReply,
  type LocalReply,
  OVERLOADED,
  overloadReply,
  refusalReply,
} from "../../http/local_reply.ts";
import type { Engine, EngineOptions } from "../engine.ts";
import { createProxy } from "../../proxy.ts";
import { throttledWarning } from "../../logging/throttled_warning.ts";
import { RequestBody } from "./request_body.ts";
import { createExchange } from "./exchange.ts";
import { createForward } from "./forward.ts";
import { InFlight } from "./drain.ts";
import { announcedLength, type Head, headOf } from "./head.ts";
import { listen } from "../../net/http_server.ts";
import { admit } from "./admission.ts";
import { type ServeInfo, WebRequest } from "./request.ts";
import { localResponse } from "./respond.ts";
import { BrokenBody } from "./response_body.ts";

/** Starts the web engine. @throws where the address cannot be listened on */
export function serveWeb(options: EngineOptions): Engine {
  const { pool, budget, clock, maxAttempts, isTrusted, limits } = options;
  const { onRequest, onError, onWarning } = options;
  const { wheel } = clock;
  const { forward, close } = createForward({ scheme: "http", isTrusted, wheel, timeouts: limits });
  const inFlight = new InFlight(options.requests);
  const tellOverload = throttledWarning(onWarning, clock.now);
  const exchange = createExchange({
    pool,
    proxy: createProxy({ pool, budget, forward, maxAttempts }),
    wheel,
    limits,
    onRequest,
    isDraining: () => inFlight.draining,
  });

  async function handle(request: Request, info: ServeInfo): Promise<Response> {
    const head = headOf(request);
    const target = admit(head, fallbackHost, limits.maxHeaderSize);
    if ("reason" in target) {
      return refuse(request, info, target.status, target.reason, refusalReply(target));
    }
    if (head.method === "OPTIONS" && /^0+$/.test(head.maxForwards ?? "")) {
      return own(lastRecipientReply());
    }
    if (!inFlight.begin(limits.maxInFlight)) {
      tellOverload(`${OVERLOADED}: further requests are answered 503`);
      return refuse(request, info, 503, OVERLOADED, overloadReply());
    }

    const received = new WebRequest(request, info, head, target);
    const body = bodyOf(request, head);
    inFlight.receive(body);
    try {
      const { response, onSent } = await exchange(received, body);
      const end = () => {
        inFlight.end(body);
        onSent();
      };
      info.completed.then(end, end);
      return response;
    } catch (error) {
      inFlight.end(body);
      throw error;
    }
  }

  function own(answer: LocalReply): Response {
    return localResponse(answer, inFlight.draining);
  }

  /** Answers what is not forwarded, and tells the log. */
  function refuse(
    { method }: Request,
    info: ServeInfo,
    status: number,
    refused: string,
    answer: LocalReply,
  ): Response {
    onRequest?.({
      time: new Date(),
      clientAddress: info.remoteAddr.hostname,
      method,
      path: "-",
      status,
      milliseconds: 0,
      attempts: [],
      refused,
    });
    return own(answer);
  }

  const listening = listen({
    hostname: options.hostname,
    port: options.port,
    reusePort: options.reusePort,
    onError: (error) => {
      if (!(error instanceof BrokenBody)) onError(error);
      return own(internalErrorReply());
    },
    onWarning: throttledWarning(onWarning, clock.now),
  }, handle);
  const fallbackHost = fallbackHostOf(listening.address);

  return {
    address: listening.address,
    finished: listening.finished,
    async drain(timeout, grace) {
      const cut = await inFlight.drain(listening, timeout, grace);
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
