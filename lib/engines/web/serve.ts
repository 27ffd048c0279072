/** The web engine: Deno.serve receives, the proxy decides, fetch forwards, Deno.serve responds. */
import {
  internalErrorReply,
  lastRecipientReply,
  lengthOf,
  type LocalReply,
  refusalReply,
  withPage,
} from "../../http/local_reply.ts";
import { throttledWarning } from "../../logging/throttled_warning.ts";
import { listen } from "../../net/http_server.ts";
import type { Engine, EngineOptions } from "../engine.ts";
import {
  createDescribe,
  type LoggedFacts,
  type LoggedRefusal,
  refusedEntry,
} from "../shared/access_entry.ts";
import { isLastRecipient } from "../shared/admission.ts";
import { createDispatch, leaveRoute, type OwnAnswer } from "../shared/dispatch.ts";
import { LOOP, LoopGuard } from "../shared/loops.ts";
import { OVERLOAD, OverloadGuard } from "../shared/overload.ts";
import { admit, refuseUnforwardable } from "./admission.ts";
import { Drain } from "./drain.ts";
import { createExchange, type WebPassage } from "./exchange.ts";
import { fallbackHost } from "./fallback_host.ts";
import { createForward } from "./forward.ts";
import { readHead } from "./head.ts";
import { identify, type ServeInfo, WebRequest } from "./request.ts";
import { receiveBody, type RequestBody } from "./request_body.ts";
import { localResponse, sendableReply } from "./respond.ts";
import { BrokenBody } from "./response_body.ts";
import { asksForUpgrade, UPGRADE_WARNING } from "./upgrade_warning.ts";

/** Starts the web engine. @throws {ListenError} if the address cannot be listened on */
export function serveWeb(options: EngineOptions): Engine {
  const { clock, isTrusted, limits, routes, errorPages = new Map() } = options;
  const { onRequest, onError, onWarning, instanceName } = options;
  const { wheel } = clock;
  const { forward, close } = createForward({
    scheme: "http",
    instanceName,
    isTrusted,
    wheel,
    maxHeaderLines: limits.maxHeaderLines,
  });
  const loops = new LoopGuard(instanceName, onWarning, clock.now);
  const overload = new OverloadGuard(options.requests, limits.maxInFlight, onWarning, clock.now);
  const warnOfUpgrade = throttledWarning(onWarning, clock.now);
  const drain = new Drain();
  const describe = createDescribe(isTrusted, options.logFields);
  const dispatch = createDispatch({
    routes,
    tools: options.conditions,
    isTrusted,
    rateClock: options.rateClock,
    errorPages,
    forward,
    discard: ({ response: { response, attempt } }) => {
      attempt.end();
      response.body?.cancel().catch(() => {}); // it has been received, or its backend has broken it off
    },
  });
  const exchange = createExchange({
    wheel,
    loops,
    onRequest,
    describe,
    isTrusted,
    isDraining: () => drain.draining,
  });

  const listenings = options.listeners.map(({ name, hostname, port }) => {
    const listening = listen({
      hostname,
      port,
      reusePort: options.reusePort,
      onError: (error) => {
        if (!(error instanceof BrokenBody)) onError(error);
        return reply(withPage(internalErrorReply(), errorPages));
      },
      onWarning: throttledWarning(onWarning, clock.now),
    }, (request, info) => handle(request, info, name, hostIfMissing));
    const hostIfMissing = fallbackHost(listening.address);
    return listening;
  });

  return {
    addresses: listenings.map(({ address }) => address),
    finished: Promise.all(listenings.map(({ finished }) => finished)).then(() => {}),
    async drain(timeout, grace) {
      const cut = await drain.run(listenings, overload, timeout, grace);
      close();
      return cut;
    },
  };

  async function handle(
    request: Request,
    info: ServeInfo,
    listener: string,
    hostIfMissing: string,
  ): Promise<Response> {
    const head = readHead(request);
    const target = admit(head, hostIfMissing, limits);
    if ("reason" in target) {
      const answer = withPage(refusalReply(target), errorPages);
      return refuse(identify(head, info, listener), target, answer);
    }
    if (isLastRecipient(head.method, head.maxForwards)) return reply(lastRecipientReply());
    const received = new WebRequest(request, info, head, target, listener);
    if (loops.finds(head.via)) {
      return refuse(received, LOOP, withPage(LOOP.reply, errorPages));
    }
    const dispatched = dispatch(received);
    const startedAt = dispatched instanceof Promise ? performance.now() : undefined;
    const passage = dispatched instanceof Promise ? await dispatched : dispatched;
    if (passage.kind === "answer") return answerSelf(received, passage, startedAt);
    const refusal = passage.kind === "refuse"
      ? passage.refusal
      : refuseUnforwardable(received.method, sentPath(received, passage));
    if (refusal !== undefined) {
      if (passage.kind === "forward") leaveRoute(passage);
      return refuse(received, refusal, withPage(refusalReply(refusal), errorPages));
    }
    const way = passage as WebPassage;
    received.way = way;
    if (!overload.acquire()) {
      leaveRoute(way);
      return refuse(received, OVERLOAD, withPage(OVERLOAD.reply, way.route.errorPages));
    }
    if (asksForUpgrade(head)) warnOfUpgrade(UPGRADE_WARNING);
    const body = receiveBody(request, head);
    drain.beginUpload(body);
    try {
      const { response, onSent } = await exchange(received, way, body);
      const end = () => {
        release(way, body);
        onSent();
      };
      info.completed.then(end, end);
      return response;
    } catch (error) {
      release(way, body);
      throw error;
    }
  }

  /** Path and query, as a backend gets them. */
  function sentPath({ path }: WebRequest, { route }: WebPassage): string {
    return route.request?.path?.(path) ?? path;
  }

  function release(way: WebPassage, body: RequestBody | undefined): void {
    leaveRoute(way);
    overload.release();
    drain.endUpload(body);
  }

  /** Answers as a route says, if that can be sent. */
  function answerSelf(
    request: WebRequest,
    { reply, reason, route }: OwnAnswer,
    startedAt: number | undefined,
  ): Response {
    const sendable = sendableReply(reply);
    return refuse(request, { status: sendable.status, reason, route }, sendable, startedAt);
  }

  /**
   * Answers a request that is not forwarded, and logs it.
   *
   * @param startedAt when it arrived, by performance.now(), if that took some time
   */
  function refuse(
    request: LoggedFacts,
    refusal: LoggedRefusal,
    answer: LocalReply,
    startedAt?: number,
  ): Response {
    if (onRequest !== undefined) {
      const bytes = request.method === "HEAD" ? 0 : lengthOf(answer);
      const milliseconds = startedAt === undefined ? 0 : performance.now() - startedAt;
      onRequest(refusedEntry(describe(request), refusal, { bytes, milliseconds }, Date.now()));
    }
    return reply(answer);
  }

  function reply(answer: LocalReply): Response {
    return localResponse(answer, drain.draining);
  }
}
