/** Makes what all exchanges share that begin with the same snapshot. */
import { Buffers } from "../../net/buffers.ts";
import type { EngineOptions, Snapshot } from "../engine.ts";
import { createDescribe } from "../shared/access_entry.ts";
import { createDispatch } from "../shared/dispatch.ts";
import { LoopGuard } from "../shared/loops.ts";
import { OverloadGuard } from "../shared/overload.ts";
import { phaseTimeouts } from "./client/phases.ts";
import type { Context } from "./exchange/context.ts";
import { createForward } from "./exchange/forward.ts";
import type { Transports } from "./exchange/transports.ts";

/** The buffer of a client's connection while it is idle. Most heads fit into it. */
const SMALL_BYTES = 1536;

/** What is added to the limit of heads: room for what is received behind one. */
const MEDIUM_BYTES = 16 * 1024;

/** The smallest buffer for a body. A request's body that fits into it can be sent in another attempt. */
const LARGE_BYTES = 64 * 1024;

/** Unused buffers of each size that are kept. */
const KEPT_BUFFERS = 256;

/** @param before the context that it replaces: buffers of the same size go on being used */
export function createContext(
  snapshot: Snapshot,
  { clock, requests, localReplies, rateClock, onError, onWarning }: EngineOptions,
  transports: Transports,
  before?: Context,
): Context {
  const { limits, routes, conditions, errorPages, isTrusted, instanceName, onRequest } = snapshot;
  const { httpsPorts, challenges } = snapshot;
  const { wheel } = clock;
  const isSameSize = before?.limits.maxHeaderSize === limits.maxHeaderSize;
  const isSameForm = isSameSize && before.limits.maxHeaderLines === limits.maxHeaderLines;
  const heads = isSameSize
    ? before.heads
    : new Buffers(limits.maxHeaderSize + MEDIUM_BYTES, KEPT_BUFFERS);
  /** For clients whose request has no route yet, in milliseconds: they have no tunnel. */
  const unrouted = { idle: limits.idleTimeout, tunnelIdle: Infinity, halfClosed: Infinity };
  return {
    dispatch: createDispatch({
      routes,
      tools: conditions,
      isTrusted,
      httpsPorts,
      challenges,
      errorPages,
      rateClock,
      forward: createForward({ wheel, heads, transports }),
      discard: ({ response: { connection, connections } }) => connections.discard(connection),
    }),
    errorPages,
    phaseTimeoutsFor: remembered((destination) => phaseTimeouts(limits, destination.timeouts)),
    loops: new LoopGuard(instanceName, onWarning, clock.now),
    overload: new OverloadGuard(requests, limits.maxInFlight, onWarning, clock.now),
    wheel,
    limits,
    phaseTimeouts: phaseTimeouts(limits, unrouted),
    smalls: before?.smalls ?? new Buffers(SMALL_BYTES, KEPT_BUFFERS),
    heads,
    bodies: isSameSize
      ? before.bodies
      : new Buffers(Math.max(LARGE_BYTES, heads.size), KEPT_BUFFERS),
    requestHeads: isSameForm ? before.requestHeads : [],
    isTrusted,
    instanceName,
    describe: createDescribe(isTrusted, snapshot.logFields),
    localReplies,
    onRequest,
    onError,
  };
}

/** Makes a function that computes each result once. */
function remembered<Key extends object, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const results = new WeakMap<Key, Value>();
  return (key) => {
    let result = results.get(key);
    if (result === undefined) results.set(key, result = compute(key));
    return result;
  };
}
