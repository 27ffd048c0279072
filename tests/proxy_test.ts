import { assertEquals, assertStrictEquals } from "@std/assert";
import type { Answered, FailureKind, Outcome } from "../lib/outcome.ts";
import type { Pool } from "../lib/pool/pool.ts";
import { createProxy } from "../lib/proxy.ts";
import type { RequestFacts } from "../lib/request_facts.ts";
import { RetryBudget } from "../lib/retry_budget.ts";
import { createFakePool, equal, facts, failed, nameOf } from "./support/fakes.ts";
import { type Ending, endingOf, type Fails, proxyOf } from "./support/proxy.ts";

interface Outage {
  readonly what: string;
  readonly method?: string;
  readonly bodySpent?: boolean;
  readonly clientGone?: boolean;
  readonly maxAttempts?: number;
  /** How a, b and c fail; those that are not named answer. */
  readonly fails: Fails;
  /** The backends tried, in order. */
  readonly tried: string;
  /** The name of the backend that answered, or the failure. */
  readonly outcome: "a" | "b" | "c" | FailureKind;
  readonly verdict: Ending;
}

const REFUSED = "connection_refused";
const BROKEN = "connection_terminated";

const OUTAGES: readonly Outage[] = [
  { what: "no backend fails", fails: {}, tried: "a", outcome: "a", verdict: "answered" },
  {
    what: "another backend fails",
    fails: { c: REFUSED },
    tried: "a",
    outcome: "a",
    verdict: "answered",
  },
  { what: "a refuses", fails: { a: REFUSED }, tried: "a b", outcome: "b", verdict: "answered" },
  {
    what: "two refuse",
    fails: { a: REFUSED, b: REFUSED },
    tried: "a b c",
    outcome: "c",
    verdict: "answered",
  },
  {
    what: "a refuses the connection for a POST",
    method: "POST",
    fails: { a: REFUSED },
    tried: "a b",
    outcome: "b",
    verdict: "answered",
  },
  {
    what: "a POST meets an unknown name, then an unreachable address",
    method: "POST",
    fails: { a: "dns_error", b: "destination_ip_unroutable" },
    tried: "a b c",
    outcome: "c",
    verdict: "answered",
  },
  {
    what: "a closes the connection of a GET",
    fails: { a: BROKEN },
    tried: "a b",
    outcome: "b",
    verdict: "answered",
  },
  {
    what: "a GET meets a backend that is too slow, then one that sends garbage",
    fails: { a: "http_response_timeout", b: "http_protocol_error" },
    tried: "a b c",
    outcome: "c",
    verdict: "answered",
  },
  ...(["connection_terminated", "http_protocol_error", "http_response_timeout"] as const).map(
    (failure): Outage => ({
      what: `a POST meets ${failure}`,
      method: "POST",
      fails: { a: failure },
      tried: "a",
      outcome: failure,
      verdict: "may have been delivered",
    }),
  ),
  {
    what: "a POST is refused, then cut off",
    method: "POST",
    fails: { a: REFUSED, b: BROKEN },
    tried: "a b",
    outcome: BROKEN,
    verdict: "may have been delivered",
  },
  {
    what: "an unknown method is cut off",
    method: "FROBNICATE",
    fails: { a: BROKEN },
    tried: "a",
    outcome: BROKEN,
    verdict: "may have been delivered",
  },
  {
    what: "all fail, and the last outcome counts",
    fails: { a: REFUSED, c: "dns_error", b: REFUSED },
    tried: "a b c",
    outcome: "dns_error",
    verdict: "attempts used up",
  },
  {
    what: "one attempt is allowed",
    maxAttempts: 1,
    fails: { a: REFUSED },
    tried: "a",
    outcome: REFUSED,
    verdict: "attempts used up",
  },
  {
    what: "two attempts are allowed",
    maxAttempts: 2,
    fails: { a: REFUSED, b: BROKEN },
    tried: "a b",
    outcome: BROKEN,
    verdict: "attempts used up",
  },
  {
    what: "the client has left",
    clientGone: true,
    fails: { a: REFUSED },
    tried: "a",
    outcome: REFUSED,
    verdict: "client gone",
  },
  {
    what: "the body is no longer kept",
    method: "PUT",
    bodySpent: true,
    fails: { a: BROKEN },
    tried: "a",
    outcome: BROKEN,
    verdict: "body already sent",
  },
  {
    what: "the request's body is at fault",
    method: "PUT",
    fails: { a: "http_request_error" },
    tried: "a",
    outcome: "http_request_error",
    verdict: "request body at fault",
  },
];

const short = (outcome: Outcome<string>) =>
  outcome.kind === "answered" ? outcome.response : outcome.failure;

for (const { what, fails, tried, outcome, verdict, maxAttempts, ...given } of OUTAGES) {
  Deno.test(`proxy: if ${what}, it tries ${tried}: ${verdict}`, async () => {
    const { proxy, forwarded } = proxyOf(fails, maxAttempts);
    const request = facts(given);
    const result = await proxy(request);
    assertEquals(result.attempts.map(({ backend }) => nameOf(backend)).join(" "), tried);
    assertEquals(short(result.outcome), outcome);
    assertEquals(endingOf(result), verdict);
    assertStrictEquals(result.outcome, result.attempts.at(-1)!.outcome);
    assertEquals(forwarded.length, result.attempts.length);
    for (const seen of forwarded) assertStrictEquals(seen, request);
  });
}

Deno.test("proxy: without backends a request fails as destination_unavailable", async () => {
  const { proxy, forwarded } = proxyOf({}, Infinity, []);
  const result = await proxy(facts());
  assertEquals([short(result.outcome), result.attempts.length, forwarded.length], [
    "destination_unavailable",
    0,
    0,
  ]);
  assertEquals(endingOf(result), "attempts used up");
});

/** The failures in a row and the requests in flight of each backend. */
const healthOf = ({ backends }: Pool) =>
  backends.map(({ standing, inFlight }) => [standing.failures, inFlight]);

Deno.test("proxy: the outcome of each attempt is reported to the pool", async () => {
  const { proxy, pool } = proxyOf({ a: REFUSED, b: BROKEN });
  await proxy(facts());
  assertEquals(healthOf(pool), [[1, 0], [1, 0], [0, 1]]);
});

Deno.test("proxy: if the client has left, a failure does not count against the backend", async () => {
  const { proxy, pool } = proxyOf({ a: "connection_terminated" });
  await proxy(facts({ clientGone: true }));
  assertEquals(healthOf(pool), [[0, 0], [0, 0], [0, 0]]);
});

Deno.test("proxy: an answer is in flight until the engine ends it, and only then resets the failures", async () => {
  const { proxy, pool } = proxyOf({});
  pool.report(facts(), { backend: pool.next(facts(), [])!, outcome: failed(BROKEN) });
  pool.next(facts(), []);
  pool.next(facts(), []);
  const { outcome, attempts } = await proxy(facts({ clientGone: true }));
  assertEquals(healthOf(pool), [[1, 1], [0, 1], [0, 1]]);
  pool.end(attempts[0]!.backend, outcome as Answered<string>);
  assertEquals(healthOf(pool), [[0, 0], [0, 1], [0, 1]]);
});

Deno.test("proxy: if every backend is full, a request fails without an attempt", async () => {
  const full = createFakePool(equal(2), { backendMaxInFlight: 1 });
  for (const _ of full.backends) full.next(facts(), []);
  const proxy = createProxy<RequestFacts, string>({
    pool: full,
    budget: new RetryBudget(0),
    maxAttempts: 3,
    forward: () => Promise.reject(new Error("nothing must be sent")),
  });
  const result = await proxy(facts());
  assertEquals([short(result.outcome), result.attempts.length], ["connection_limit_reached", 0]);
});

Deno.test("proxy: a request whose time is up is not retried", async () => {
  const { proxy, forwarded } = proxyOf({ a: REFUSED });
  const verdict = endingOf(await proxy(facts({ expired: true })));
  assertEquals([verdict, forwarded.length], ["out of time", 1]);
});

Deno.test("proxy: a request whose body is spent during an attempt is not retried", async () => {
  const request = { ...facts({ method: "PUT" }), bodySpent: false };
  const tried: (string | undefined)[] = [];
  const proxy = createProxy<typeof request, never>({
    pool: createFakePool(equal(3)),
    budget: new RetryBudget(Infinity),
    maxAttempts: 3,
    forward: (request, backend) => {
      tried.push(nameOf(backend));
      request.bodySpent = tried.length === 2;
      return Promise.resolve(failed(BROKEN));
    },
  });
  const verdict = endingOf(await proxy(request));
  assertEquals([tried, verdict], [["a", "b"], "body already sent"]);
});
