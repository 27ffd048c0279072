/** Stand-ins for what an engine provides, and short ways to create what the core works on. */
import { Backend } from "../../lib/backends/backend.ts";
import type { Attempt } from "../../lib/pool/attempt.ts";
import type { Answered, Failed, FailureKind } from "../../lib/outcome.ts";
import type { PolicyName } from "../../lib/config/model.ts";
import { POLICIES } from "../../lib/policies/mod.ts";
import type { PickContext, Policy } from "../../lib/policies/policy.ts";
import { Pool, type PoolOptions } from "../../lib/pool/pool.ts";
import type { RequestFacts } from "../../lib/request_facts.ts";

/** A GET request, or what is given of it. */
export function facts(given: Partial<RequestFacts> = {}): RequestFacts {
  return {
    method: "GET",
    path: "/",
    host: "a.test",
    clientAddress: "192.0.2.1",
    header: () => undefined,
    hasUpload: false,
    bodySpent: false,
    scheme: "http",
    expired: false,
    clientGone: false,
    ...given,
  };
}

/** Backends with the ids `a:5000`, `b:5000`, …, one for each weight. */
export function backendsOf(weights: readonly number[]): Backend[] {
  return weights.map((weight, index) =>
    new Backend({ url: `http://${letter(index)}:5000`, weight })
  );
}

/** Sets how many requests a backend has in flight. */
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

/** A policy by its name. If it hashes, it does so without bounds, and by default by client address. */
export function policyOf(
  name: PolicyName,
  hashKey: (request: RequestFacts) => string = (request) => request.clientAddress,
): Policy {
  return POLICIES[name]({ hashKey, hashBalance: Infinity });
}

/** The context of a first pick at the time 0, with the same random number each time. */
export function contextOf(given: Partial<PickContext> = {}): PickContext {
  return { request: facts(), turn: 0, number: 1, now: 0, random: () => 0.5, ...given };
}

/** The rules that the settings have by default. */
export const HEALTH = {
  slowStart: 10_000,
  backendMaxInFlight: Infinity,
  ejection: { after: 5, time: 10_000 },
  ejectMax: 0.5,
  ejectOn5xx: false,
  probes: { rise: 2, fall: 3 },
} as const satisfies Partial<PoolOptions>;

/** A pool of backends with these weights, by default with round robin and a clock that stands still. */
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

/** The weight 1, a number of times. */
export function equal(count: number): number[] {
  return Array.from({ length: count }, () => 1);
}

export function failed(failure: FailureKind, detail = ""): Failed {
  return { kind: "failed", failure, detail };
}

export function answered<Response>(response: Response, status = 200): Answered<Response> {
  return { kind: "answered", status, response };
}

/** Attempts at these backends, which all refused the connection. */
export function triedOf(...backends: readonly Backend[]): Attempt<never>[] {
  return backends.map((backend) => ({ backend, outcome: failed("connection_refused") }));
}

/** How often each of the items occurs. */
export function countsOf<Item>(items: Iterable<Item>): Map<Item, number> {
  const counts = new Map<Item, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** The difference between the highest and the lowest count of the numbers from 0 up to `size`. */
export function spreadOf(counts: ReadonlyMap<number, number>, size: number): number {
  const all = Array.from({ length: size }, (_, index) => counts.get(index) ?? 0);
  return Math.max(...all) - Math.min(...all);
}
