/** Handles the requests of the web engine: what Deno.serve has received, under one configuration. */
import {
  internalErrorReply,
  lastRecipientReply,
  lengthOf,
  type LocalReply,
  refusalReply,
  withPage,
} from "../../http/local_reply.ts";
import type { Scheme } from "../../http/peer.ts";
import { asksForUpgrade, readHandshake } from "../../http/websocket.ts";
import { throttledWarning } from "../../logging/throttled_warning.ts";
import type { EngineOptions, Snapshot } from "../engine.ts";
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
import { createExchange, type WebPassage } from "./exchange.ts";
import { createForward } from "./forward.ts";
import { readHead } from "./head.ts";
import type { Links } from "./links.ts";
import { identify, type ServeInfo, WebRequest } from "./request.ts";
import { receiveBody, type RequestBody } from "./request_body.ts";
import { localResponse, sendableReply, type Side } from "./respond.ts";
import type { Tunnels } from "./tunnels.ts";
import { UPGRADE_WARNING } from "./upgrade_warning.ts";

/** The listener that requests come in at. */
export interface Source extends Side {
  readonly name: string;
  /** How clients reach it. */
  readonly scheme: Scheme;
  /** Whether clients connect to a unix socket: then Deno.serve has another scheme in URLs. */
  readonly isUnix: boolean;
  /** Stands in for the Host of requests that have none. */
  readonly hostIfMissing: string;
  /** Notes that a request is served. @param body of it, which is being received; undefined if it has none */
  begin(request: WebRequest, body: RequestBody | undefined): void;
  /** Notes that its response is out, that the client has left, or that its WebSocket is closed. */
  end(request: WebRequest, body: RequestBody | undefined): void;
}

/** Handles requests under one configuration; those that have begun keep it. */
export interface Handler {
  handle(request: Request, info: ServeInfo, listener: Source): Promise<Response>;
  /** Answers a request that could not be handled. */
  answerFault(listener: Side): Response;
}

export function createHandler(
  snapshot: Snapshot,
  { clock, requests, localReplies, rateClock, onWarning }: EngineOptions,
  links: Links,
  tunnels: Tunnels,
): Handler {
  const { isTrusted, limits, routes, errorPages, onRequest, instanceName } = snapshot;
  const { wheel } = clock;
  const loops = new LoopGuard(instanceName, onWarning, clock.now);
  const overload = new OverloadGuard(requests, limits.maxInFlight, onWarning, clock.now);
  const warnOfUpgrade = throttledWarning(onWarning, clock.now);
  const describe = createDescribe(isTrusted, snapshot.logFields);
  const dispatch = createDispatch({
    routes,
    tools: snapshot.conditions,
    isTrusted,
    httpsPorts: snapshot.httpsPorts,
    challenges: snapshot.challenges,
    rateClock,
    errorPages,
    forward: createForward({
      instanceName,
      isTrusted,
      wheel,
      links,
      maxHeaderLines: limits.maxHeaderLines,
    }),
    discard: ({ response: answer }) => {
      if ("serve" in answer) return; // only a refusal is replaced, and nothing is left of it
      answer.attempt.end();
      answer.response.body?.cancel().catch(() => {}); // it has been received, or its backend has broken it off
    },
  });
  const exchange = createExchange({
    wheel,
    loops,
    tunnels,
    onRequest,
    describe,
    isTrusted,
    localReplies,
  });

  return {
    handle,
    answerFault: (listener) => answer(withPage(internalErrorReply(), errorPages), listener),
  };

  async function handle(
    request: Request,
    info: ServeInfo,
    listener: Source,
  ): Promise<Response> {
    const head = readHead(request, listener.isUnix);
    const target = admit(head, listener.hostIfMissing, limits);
    if ("reason" in target) {
      const reply = withPage(refusalReply(target), errorPages);
      return refuse(identify(head, info, listener.name), target, { reply, listener });
    }
    if (isLastRecipient(head.method, head.maxForwards)) {
      return answer(lastRecipientReply(), listener);
    }
    const received = new WebRequest(request, info, head, target, listener);
    if (loops.finds(head.via)) {
      return refuse(received, LOOP, { reply: withPage(LOOP.reply, errorPages), listener });
    }
    const dispatched = dispatch(received);
    const startedAt = dispatched instanceof Promise ? performance.now() : undefined;
    const passage = dispatched instanceof Promise ? await dispatched : dispatched;
    if (passage.kind === "answer") return answerSelf(received, passage, listener, startedAt);
    const refusal = passage.kind === "refuse"
      ? passage.refusal
      : refuseUnforwardable(received.method, sentPath(received, passage));
    if (refusal !== undefined) {
      if (passage.kind === "forward") leaveRoute(passage, refusal.status);
      const reply = withPage(refusalReply(refusal), errorPages);
      return refuse(received, refusal, { reply, listener });
    }
    const way = passage as WebPassage;
    received.way = way;
    if (!overload.acquire()) {
      leaveRoute(way, OVERLOAD.status);
      const reply = withPage(OVERLOAD.reply, way.route.errorPages);
      return refuse(received, OVERLOAD, { reply, listener });
    }
    if (head.upgrade !== undefined) admitUpgrade(received, head.upgrade);
    const body = receiveBody(request, head);
    listener.begin(received, body);
    try {
      const { response, over, onSent } = await exchange(received, way, body, listener);
      const end = () => {
        release(received, response.status, body, listener);
        onSent();
      };
      (over ?? info.completed).then(end, end);
      return response;
    } catch (error) {
      release(received, internalErrorReply().status, body, listener);
      throw error;
    }
  }

  /** A server may ignore an upgrade: one to anything but WebSocket goes on as a plain request. */
  function admitUpgrade(request: WebRequest, upgrade: string): void {
    const { method } = request;
    const asked = { method, upgrade, header: (name: string) => request.header(name) };
    request.webSocket = readHandshake(asked);
    if (request.webSocket === undefined && asksForUpgrade(asked)) warnOfUpgrade(UPGRADE_WARNING);
  }

  /** Path and query, as a backend gets them. */
  function sentPath({ path }: WebRequest, { route }: WebPassage): string {
    return route.request?.path?.(path) ?? path;
  }

  function release(
    request: WebRequest,
    status: number,
    body: RequestBody | undefined,
    listener: Source,
  ): void {
    leaveRoute(request.way!, status);
    overload.release();
    listener.end(request, body);
  }

  /** Answers as a route says, if that can be sent. */
  function answerSelf(
    request: WebRequest,
    { reply: own, reason, route }: OwnAnswer,
    listener: Source,
    startedAt: number | undefined,
  ): Response {
    const reply = sendableReply(own);
    return refuse(request, { status: reply.status, reason, route }, { reply, listener, startedAt });
  }

  /** Answers a request that is not forwarded, and logs it. */
  function refuse(
    request: LoggedFacts,
    refusal: LoggedRefusal,
    { reply, listener, startedAt }: RefusalAnswer,
  ): Response {
    if (onRequest !== undefined) {
      const bytes = request.method === "HEAD" ? 0 : lengthOf(reply);
      const milliseconds = startedAt === undefined ? 0 : performance.now() - startedAt;
      onRequest(refusedEntry(describe(request), refusal, { bytes, milliseconds }, Date.now()));
    }
    return answer(reply, listener);
  }

  function answer(reply: LocalReply, listener: Side): Response {
    localReplies.count(reply.status);
    return localResponse(reply, listener);
  }
}

interface RefusalAnswer {
  readonly reply: LocalReply;
  readonly listener: Source;
  /** When the request arrived, by performance.now(), if that took some time. */
  readonly startedAt?: number | undefined;
}
