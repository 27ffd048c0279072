/**
 * What a route asks of a request before it does anything with it: an address, a rate, a password, a size, a
 * place among those in flight. In this order, the same for every action.
 */
import type { RouteConfig } from "../config/model.ts";
import {
  forbiddenReply,
  inFlightReply,
  type LocalReply,
  rateLimitReply,
  tooLargeReply,
  unauthorizedReply,
} from "../http/local_reply.ts";
import type { InFlightCount } from "../shared_memory/in_flight_count.ts";
import { compileAccess } from "./access.ts";
import type { BasicAuth } from "./basic_auth.ts";
import type { ConditionTools } from "./conditions.ts";
import { limitKeyOf, type RateLimiter } from "./rate_limit.ts";

/** What guards know of a request. */
export interface GuardedRequest {
  /** The client's address, as far as trusted proxies tell it. */
  readonly client: string;
  /** What Content-Length says; undefined if it says nothing. */
  readonly contentLength: number | undefined;
  header(name: string): string | undefined;
}

/** A request that a guard turns away. */
export interface TurnedAway {
  readonly kind: "turned away";
  readonly reply: LocalReply;
  /** For the access log. */
  readonly reason: string;
  /** Of basic authentication, if the password was right. */
  readonly user?: string | undefined;
}

/** A request that all guards let pass. */
export interface Passed {
  readonly kind: "passed";
  /** The user of basic authentication; undefined without it. */
  readonly user: string | undefined;
}

export type Guarded = TurnedAway | Passed;

export interface Guards {
  /** @param now in milliseconds, on a clock that all workers share */
  readonly check: (request: GuardedRequest, now: number) => Guarded | Promise<Guarded>;
  /** Requests of the route in flight, and how many there may be; undefined if there is no limit. */
  readonly inFlight: { readonly count: InFlightCount; readonly max: number } | undefined;
  /** The most bytes of a body; Infinity sets no limit. */
  readonly maxBodySize: number;
}

/** What guards need that is made only if some route uses it. */
export interface GuardTools {
  readonly networks: ConditionTools["networks"];
  readonly rateLimiter:
    | ((config: NonNullable<RouteConfig["rateLimit"]>, route: string) => RateLimiter)
    | undefined;
  readonly basicAuth:
    | ((config: NonNullable<RouteConfig["basicAuth"]>, route: string) => BasicAuth)
    | undefined;
  /** The count of requests in flight of a route. */
  readonly inFlight: (route: string) => InFlightCount;
}

const PASSED: Passed = { kind: "passed", user: undefined };

/** @param bodySize of the whole configuration: a route's own comes before it */
export function compileGuards(
  config: RouteConfig,
  id: string,
  bodySize: number,
  tools: GuardTools,
): Guards | undefined {
  const { rateLimit, basicAuth, limits } = config;
  const isWelcome = compileAccess(config, tools);
  const limiter = rateLimit && tools.rateLimiter!(rateLimit, id);
  const auth = basicAuth && tools.basicAuth!(basicAuth, id);
  const maxBodySize = limits.bodySize === Infinity ? bodySize : limits.bodySize;
  const inFlight = limits.inFlight === Infinity
    ? undefined
    : { count: tools.inFlight(id), max: limits.inFlight };
  const hasNone = isWelcome === undefined && limiter === undefined && auth === undefined &&
    maxBodySize === Infinity && inFlight === undefined;
  if (hasNone) return undefined;

  function checkAddressAndRate(request: GuardedRequest, now: number): TurnedAway | undefined {
    if (isWelcome?.(request.client) === false) {
      return turnAway(forbiddenReply(), "its client's address is not allowed");
    }
    if (limiter === undefined) return undefined;
    const key = limitKeyOf(rateLimit!.by, request.client, (name) => request.header(name));
    const waitMs = limiter.take(key, now);
    return waitMs > 0 ? turnAway(rateLimitReply(waitMs), "the rate limit is reached") : undefined;
  }

  function checkSize({ contentLength = 0 }: GuardedRequest): TurnedAway | undefined {
    if (contentLength <= maxBodySize) return undefined;
    return turnAway(tooLargeReply(), "its body is larger than the route allows");
  }

  async function checkUser(request: GuardedRequest, now: number): Promise<Guarded> {
    const found = await auth!.check(request.header("authorization"), request.client, now);
    switch (found.kind) {
      case "unknown":
        return turnAway(unauthorizedReply(auth!.challenge), "no valid user and password");
      case "limited":
        return turnAway(rateLimitReply(found.waitMs), "too many wrong passwords from its address");
      case "busy":
        return turnAway(inFlightReply("passwords"), "too many passwords wait to be checked");
      case "known":
        return { ...(checkSize(request) ?? PASSED), user: found.user };
    }
  }

  return {
    maxBodySize,
    inFlight,
    check(request, now) {
      const refused = checkAddressAndRate(request, now);
      if (refused !== undefined) return refused;
      return auth === undefined ? checkSize(request) ?? PASSED : checkUser(request, now);
    },
  };
}

function turnAway(reply: LocalReply, reason: string): TurnedAway {
  return { kind: "turned away", reply, reason };
}
