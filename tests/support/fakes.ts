/** Stand-ins for what an engine brings, and short ways to make what the core works on. */
import { Backend } from "../../lib/backends/backend.ts";
import type { Attempt } from "../../lib/pool/attempt.ts";
import type { Answered, Failed, FailureKind } from "../../lib/outcome.ts";
import type { PolicyName } from "../../lib/config/model.ts";
import { POLICIES } from "../../lib/policies/mod.ts";
import type { PickContext, Policy } from "../../lib/policies/policy.ts";
import { Pool, type PoolOptions } from "../../lib/pool/pool.ts";
import type { RequestFacts } from "../../lib/request_facts.ts";

/** A request that nobody sent. */
export function facts(given: Partial<RequestFacts> = {}): RequestFacts {
  return {
    method: "GET",
    path: "/",
    host: "a.test",
    clientAddress: "192.0.2.1",
    header: () => undefined,
    hasUpload: false,
    bodySpent: false,
    expired: false,
    clientGone: false,
    ...given,
  };
}

/** Backends named by the letters of the alphabet, one for each weight: `a:5000`, `b:5000` … */
export function backendsOf(weights: readonly number[]): Backend[] {
  return weights.map((weight, index) =>
    new Backend({ url: `http://${letter(index)}:5000`, weight })
  );
}

/** Lets a backend have so many requests in flight. */
export function putInFlight(backend: Backend, count: number): void {
  while (backend.inFlight < count) backend.acquire();
  while (backend.inFlight > count) backend.release();
}

/** `a` for a backend with the id `a:5000`. */
export function nameOf(backend: Backend | undefined): string | undefined {
  return backend?.id.replace(":5000", "");
}

function letter(index: number): string {
  return index < 26 ? String.fromCharCode(97 + index) : `n${index}`;
}

/** A policy; where it hashes, by the client's address if nothing else is said, and without bounds. */
export function policyOf(
  name: PolicyName,
  hashKey: (request: RequestFacts) => string = (request) => request.clientAddress,
): Policy {
  return POLICIES[name]({ hashKey, hashBalance: Infinity });
}

/** What a policy may look at: a first pick at the time 0, whose chance is always the same. */
export function contextOf(given: Partial<PickContext> = {}): PickContext {
  return { request: facts(), turn: 0, number: 1, now: 0, random: () => 0.5, ...given };
}

/** The rules that are the defaults of the settings. */
export const HEALTH = {
  slowStart: 10_000,
  backendMaxInFlight: Infinity,
  ejection: { after: 5, time: 10_000 },
  ejectMax: 0.5,
  ejectOn5xx: false,
  probes: { rise: 2, fall: 3 },
} as const satisfies Partial<PoolOptions>;

/** A pool in round robin over backends of these weights, whose clock stands still. */
export function createFakePool(
  weights: readonly number[],
  options: Partial<PoolOptions> = {},
): Pool {
  return new Pool({
    backends: backendsOf(weights),
    policy: policyOf("round_robin"),
    clock: () => 0,
    stopwatch: () => 0,
    random: () => 0.5,
    ...HEALTH,
    ...options,
  });
}

/** N times the weight 1. */
export function equal(count: number): number[] {
  return Array.from({ length: count }, () => 1);
}

export function failed(failure: FailureKind, detail = ""): Failed {
  return { kind: "failed", failure, detail };
}

export function answered<Response>(response: Response, status = 200): Answered<Response> {
  return { kind: "answered", status, response };
}

/** Attempts at these backends, all refused. */
export function triedOf(...backends: readonly Backend[]): Attempt<never>[] {
  return backends.map((backend) => ({ backend, outcome: failed("connection_refused") }));
}

/** How often each of the items occurs. */
export function countsOf<Item>(items: Iterable<Item>): Map<Item, number> {
  const counts = new Map<Item, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** The most counted against the least counted of the first `size` whole numbers. */
export function spreadOf(counts: ReadonlyMap<number, number>, size: number): number {
  const all = Array.from({ length: size }, (_, index) => counts.get(index) ?? 0);
  return Math.max(...all) - Math.min(...all);
}
