/**
 * Where a request goes: its route, and what the route says. One step before the proxy, and the same for both
 * engines.
 */
import type { Backend } from "../../backends/backend.ts";
import {
  challengeReply,
  type ErrorPages,
  inFlightReply,
  type LocalReply,
  notRoutedReply,
  ownReply,
  redirectReply,
  type Refusal,
  withPage,
} from "../../http/local_reply.ts";
import { clientAddressOf, isSecure, type IsTrusted } from "../../http/trusted_proxies.ts";
import type { Answered, Outcome } from "../../outcome.ts";
import { createProxy, type Result } from "../../proxy.ts";
import type { RequestFacts } from "../../request_facts.ts";
import type { ConditionTools } from "../../routing/conditions.ts";
import { pathOf } from "../../routing/facts.ts";
import type { Guarded } from "../../routing/guards.ts";
import { changeFields } from "../../routing/header_changes.ts";
import { locationOf } from "../../routing/location.ts";
import type { Action, Destination, OwnResponse, Route } from "../../routing/route.ts";
import { AMBIGUOUS, createRouter } from "../../routing/router.ts";
import type { Filling } from "../../routing/template.ts";
import { challengeIn } from "./acme_challenge.ts";
import { HOST_MISSING, refuseClimb } from "./admission.ts";
import type { Snapshot } from "../engine.ts";
import { redirectToHttps } from "./https_redirect.ts";
import { LazyFacts } from "./lazy_facts.ts";

/** What dispatch knows of a request. */
export interface DispatchedFacts extends RequestFacts {
  /** The name of the listener that it came in at. */
  readonly listener: string;
  /** Its id, a new one if the client sent none. */
  readonly id: string;
  /** Bytes of its body, if Content-Length says so. */
  readonly contentLength: number | undefined;
  /** Of basic authentication, once that is known. */
  user: string | undefined;
}

/** The way of a request that is forwarded. */
export interface Way {
  readonly route: Route;
  readonly destination: Destination;
  /** The Set-Cookie that keeps its client on its side of a split; undefined if none is needed. */
  readonly cookie: string | undefined;
}

/** The same, with the proxy that sends it on. */
export interface Passage<Request, Response> extends Way {
  readonly kind: "forward";
  readonly proxy: (request: Request) => Promise<Result<Response>>;
}

/** A request that is answered here. */
export interface OwnAnswer {
  readonly kind: "answer";
  readonly reply: LocalReply;
  /** For the access log. */
  readonly status: number;
  readonly reason: string;
  readonly route: string | undefined;
}

/** A request that is not forwarded, as its form is at fault. */
export interface RefusedPassage {
  readonly kind: "refuse";
  readonly refusal: Refusal;
}

export type Dispatched<Request, Response> =
  | Passage<Request, Response>
  | OwnAnswer
  | RefusedPassage;

export interface DispatchOptions<Request, Response> {
  /** In the order of the file. */
  readonly routes: readonly Route[];
  readonly tools: ConditionTools;
  readonly isTrusted: IsTrusted;
  /** See {@linkcode Snapshot.httpsPorts}. */
  readonly httpsPorts: Snapshot["httpsPorts"];
  /** See {@linkcode Snapshot.challenges}. */
  readonly challenges: Snapshot["challenges"];
  /** In milliseconds, on a clock that all workers share. */
  readonly rateClock: () => number;
  /** For requests that no route takes. */
  readonly errorPages: ErrorPages;
  /** Gives up an answer that another one replaces. */
  readonly discard: (answered: Answered<Response>) => void;
  /** Sends a request to one backend, once. */
  readonly forward: (request: Request, backend: Backend) => Promise<Outcome<Response>>;
}

const AMBIGUOUS_PATH: Refusal = {
  status: 400,
  reason: "servers read the path in different ways, and it may get different routes",
};

/** Makes the function that finds where a request goes. */
export function createDispatch<Request extends DispatchedFacts, Response>(
  options: DispatchOptions<Request, Response>,
): (request: Request) => Dispatched<Request, Response> | Promise<Dispatched<Request, Response>> {
  const { routes, tools, isTrusted, httpsPorts, challenges, rateClock, errorPages } = options;
  const router = createRouter(routes, tools);
  const notRouted = answer(withPage(notRoutedReply(), errorPages), "no route takes it");
  const proxies = new Map<Destination, Passage<Request, Response>["proxy"]>();
  /** Passages that no request changes. */
  const passages = new Map<Route, Passage<Request, Response>>();
  for (const route of routes) {
    const { action } = route;
    if (action.kind !== "forward") continue;
    const { destination } = action;
    passages.set(route, {
      kind: "forward",
      route,
      destination,
      proxy: proxyTo(destination),
      cookie: undefined,
    });
  }
  const [only] = routes;
  const isPlain = only !== undefined && router.takesAll && only.guards === undefined;
  const onlyPassage = isPlain ? passages.get(only) : undefined;

  if (challenges === undefined) return find;
  return function answerOrFind(request) {
    const token = challengeIn(request);
    if (token === undefined) return find(request);
    return challenges(token).then((text) => {
      // A token that is not ours may be one of a backend.
      if (text === undefined) return find(request);
      return answer(challengeReply(text), "it asks for a token of ACME");
    });
  };

  function find(
    request: Request,
  ): Dispatched<Request, Response> | Promise<Dispatched<Request, Response>> {
    if (httpsPorts !== undefined) {
      const redirect = redirectToHttps(request, httpsPorts.get(request.listener), isTrusted);
      if (redirect === "no host") return NO_HOST;
      if (redirect !== undefined) return answer(redirect, "its listener redirects to https");
    }
    if (onlyPassage !== undefined) return keepingPrefix(request, onlyPassage);
    const facts = new LazyFacts(request, isTrusted);
    const route = router.find(facts);
    if (route === AMBIGUOUS) return { kind: "refuse", refusal: AMBIGUOUS_PATH };
    if (route === undefined) return notRouted;
    if (route.guards === undefined) return act(request, route);
    const guarded = route.guards.check(facts, rateClock());
    return guarded instanceof Promise
      ? guarded.then((guarded) => proceed(request, route, guarded))
      : proceed(request, route, guarded);
  }

  /** Does what the route says, if its guards let the request pass. */
  function proceed(
    request: Request,
    route: Route,
    guarded: Guarded,
  ): Dispatched<Request, Response> {
    request.user = guarded.user;
    if (guarded.kind === "turned away") {
      const { reply, reason } = guarded;
      return answer(withPage(reply, route.errorPages), reason, route);
    }
    return act(request, route);
  }

  function act(request: Request, route: Route): Dispatched<Request, Response> {
    const { action } = route;
    if (action.kind === "forward" || action.kind === "split") {
      const way = passages.get(route) ?? sideOf(request, route, action);
      const kept = keepingPrefix(request, way);
      if (kept.kind !== "forward" || entersRoute(route)) return kept;
      const reply = inFlightReply("requests of this route");
      return answer(
        withPage(reply, route.errorPages),
        "limits.inFlight of its route is reached",
        route,
      );
    }
    if (action.kind === "redirect") {
      const { host, path } = request;
      // HTTP/1.0 need not name the host, and there is none to lead to then.
      if (host === "" && action.redirect.host === undefined) return NO_HOST;
      const scheme = isSecure(request, isTrusted) ? "https" : "http";
      const location = locationOf(action.redirect, { scheme, host, path });
      const reply = redirectReply(action.redirect.status, location);
      return answer(changed(reply, route, request), "its route redirects", route);
    }
    const reply = responseOf(action.response, fillingFor(request, route, isTrusted));
    return answer(changed(reply, route, request), "its route responds", route);
  }

  /** An answer of a route with the header changes of the same route. */
  function changed(reply: LocalReply, route: Route, request: Request): LocalReply {
    if (route.response === undefined) return reply;
    const fill = fillingFor(request, route, isTrusted);
    return { ...reply, fields: changeFields(reply.fields, route.response, fill) };
  }

  function sideOf(
    request: Request,
    route: Route,
    action: Action & { kind: "split" | "forward" },
  ): Passage<Request, Response> {
    const { side: destination, cookie } = action.kind === "split"
      ? action.choose(request, isSecure(request, isTrusted))
      : { side: action.destination, cookie: undefined };
    return { kind: "forward", route, destination, proxy: proxyTo(destination), cookie };
  }

  function proxyTo(destination: Destination): Passage<Request, Response>["proxy"] {
    let proxy = proxies.get(destination);
    if (proxy === undefined) {
      const created = createProxy<Request, Response>({ ...options, ...destination });
      proxies.set(destination, proxy = (request) => created(request));
    }
    return proxy;
  }
}

function answer(reply: LocalReply, reason: string, route?: Route): OwnAnswer {
  route?.answers.count(reply.status);
  const named = route === undefined || route.isOnly ? undefined : route.id;
  return { kind: "answer", reply, status: reply.status, reason, route: named };
}

/** Counts one more request of the route in flight, to be released by {@linkcode leaveRoute}. */
function entersRoute({ guards }: Route): boolean {
  const inFlight = guards?.inFlight;
  return inFlight === undefined || inFlight.count.acquire(inFlight.max);
}

/** A request that was forwarded, or was to be, is over. @param status of its response; 0 if none was sent */
export function leaveRoute({ route: { guards }, destination }: Way, status: number): void {
  guards?.inFlight?.count.release();
  destination.requests.count(status);
}

const NO_HOST: RefusedPassage = { kind: "refuse", refusal: HOST_MISSING };

/** A path must not leave the path prefix of a backend, as the backend gets it. */
function keepingPrefix<Request extends DispatchedFacts, Response>(
  request: Request,
  passage: Passage<Request, Response>,
): Passage<Request, Response> | RefusedPassage {
  const { destination, route } = passage;
  if (!destination.keepsPrefix) return passage;
  const path = route.request?.path?.(request.path) ?? request.path;
  const refusal = refuseClimb(path);
  return refusal === undefined ? passage : { kind: "refuse", refusal };
}

/** What stands for placeholders in the values of headers. */
export function fillingFor(
  request: DispatchedFacts,
  { id }: Pick<Route, "id">,
  isTrusted: IsTrusted,
): Filling {
  return (name) => {
    switch (name) {
      case "client":
        return clientAddressOf(request, isTrusted);
      case "host":
        return request.host;
      case "method":
        return request.method;
      case "path":
        return pathOf(request.path);
      case "request_id":
        return request.id;
      case "route":
        return id;
      case "user":
        return request.user ?? "";
    }
  };
}

function responseOf({ status, fields, body }: OwnResponse, fill: Filling): LocalReply {
  return ownReply(status, fields.map(([name, value]) => [name, value(fill)] as const), body);
}
