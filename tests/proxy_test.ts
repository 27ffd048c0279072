import { assertEquals, assertStrictEquals } from "@std/assert";
import type { Answered, FailureKind, Outcome } from "../lib/outcome.ts";
import type { Pool } from "../lib/pool.ts";
import { createProxy } from "../lib/proxy.ts";
import type { RequestFacts } from "../lib/request_facts.ts";
import type { Verdict } from "../lib/retry.ts";
import { RetryBudget } from "../lib/retry_budget.ts";
import { answered, countsOf, equal, facts, failed, nameOf, poolOf } from "./support/fakes.ts";

interface Outage {
  readonly what: string;
  readonly method?: string;
  readonly bodySpent?: boolean;
  readonly clientGone?: boolean;
  readonly maxAttempts?: number;
  /** What each of a, b and c does; one that is not named answers. */
  readonly fails: Partial<Record<"a" | "b" | "c", FailureKind>>;
  /** The backends tried, in their order. */
  readonly tried: string;
  /** The name of the backend that answered, or the failure. */
  readonly outcome: "a" | "b" | "c" | FailureKind;
  readonly verdict: Verdict;
}

const REFUSED = "connection_refused";
const BROKEN = "connection_terminated";

const OUTAGES: readonly Outage[] = [
  { what: "all is well", fails: {}, tried: "a", outcome: "a", verdict: "answered" },
  { what: "others fail", fails: { c: REFUSED }, tried: "a", outcome: "a", verdict: "answered" },
  { what: "a refuses", fails: { a: REFUSED }, tried: "a b", outcome: "b", verdict: "answered" },
  {
    what: "two refuse",
    fails: { a: REFUSED, b: REFUSED },
    tried: "a b c",
    outcome: "c",
    verdict: "answered",
  },
  {
    what: "a refuses a POST, which never left",
    method: "POST",
    fails: { a: REFUSED },
    tried: "a b",
    outcome: "b",
    verdict: "answered",
  },
  {
    what: "a POST does not reach a name, then not an address",
    method: "POST",
    fails: { a: "dns_error", b: "destination_ip_unroutable" },
    tried: "a b c",
    outcome: "c",
    verdict: "answered",
  },
  {
    what: "a breaks on a GET",
    fails: { a: BROKEN },
    tried: "a b",
    outcome: "b",
    verdict: "answered",
  },
  {
    what: "a GET goes on after a backend that is too slow and one that talks nonsense",
    fails: { a: "http_response_timeout", b: "http_protocol_error" },
    tried: "a b c",
    outcome: "c",
    verdict: "answered",
  },
  ...(["connection_terminated", "http_protocol_error", "http_response_timeout"] as const).map(
    (failure): Outage => ({
      what: `a POST met ${failure}`,
      method: "POST",
      fails: { a: failure },
      tried: "a",
      outcome: failure,
      verdict: "may have been delivered",
    }),
  ),
  {
    what: "a POST was refused, then broken off",
    method: "POST",
    fails: { a: REFUSED, b: BROKEN },
    tried: "a b",
    outcome: BROKEN,
    verdict: "may have been delivered",
  },
  {
    what: "an unknown method was broken off",
    method: "FROBNICATE",
    fails: { a: BROKEN },
    tried: "a",
    outcome: BROKEN,
    verdict: "may have been delivered",
  },
  {
    what: "all refuse: the last outcome counts",
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
    what: "the body is gone",
    method: "PUT",
    bodySpent: true,
    fails: { a: BROKEN },
    tried: "a",
    outcome: BROKEN,
    verdict: "body already sent",
  },
  {
    what: "the request's own body was at fault",
    method: "PUT",
    fails: { a: "http_request_error" },
    tried: "a",
    outcome: "http_request_error",
    verdict: "request body at fault",
  },
];

/** A pool of a, b and c, and a proxy whose backends fail as they are told. */
function proxyOf(
  fails: Outage["fails"],
  maxAttempts = Infinity,
  weights = equal(3),
  budget = new RetryBudget(Infinity, 0),
) {
  const forwarded: RequestFacts[] = [];
  const pool = poolOf(weights, { ejection: { after: Infinity, time: 10_000 } });
  const proxy = createProxy<RequestFacts, string>({
    pool,
    budget,
    clock: () => 0,
    maxAttempts,
    forward: (request, backend): Promise<Outcome<string>> => {
      forwarded.push(request);
      const name = nameOf(backend) as "a" | "b" | "c";
      const failure = fails[name];
      return Promise.resolve(failure === undefined ? answered(name) : failed(failure, name));
    },
  });
  return { proxy, pool, forwarded };
}

const short = (outcome: Outcome<string>) =>
  outcome.kind === "answered" ? outcome.response : outcome.failure;

for (const { what, fails, tried, outcome, verdict, maxAttempts, ...given } of OUTAGES) {
  Deno.test(`proxy: ${what}: tries ${tried}, ${verdict}`, async () => {
    const { proxy, forwarded } = proxyOf(fails, maxAttempts);
    const request = facts(given);
    const result = await proxy(request);
    assertEquals(result.attempts.map(({ backend }) => nameOf(backend)).join(" "), tried);
    assertEquals(short(result.outcome), outcome);
    assertEquals(result.verdict, verdict);
    assertStrictEquals(result.outcome, result.attempts.at(-1)!.outcome);
    assertEquals(forwarded.length, result.attempts.length);
    for (const seen of forwarded) assertStrictEquals(seen, request);
  });
}

Deno.test("proxy: without any backend a request fails as it has nowhere to go", async () => {
  const { proxy, forwarded } = proxyOf({}, Infinity, []);
  const result = await proxy(facts());
  assertEquals([short(result.outcome), result.attempts.length, forwarded.length], [
    "destination_unavailable",
    0,
    0,
  ]);
  assertEquals(result.verdict, "attempts used up");
});

/** Of each backend: failures in a row, and what is in flight. */
const healthOf = ({ backends }: Pool) =>
  backends.map(({ standing, inFlight }) => [standing.failures, inFlight]);

Deno.test("proxy: what each attempt came to is reported to the pool", async () => {
  const { proxy, pool } = proxyOf({ a: REFUSED, b: BROKEN });
  await proxy(facts());
  assertEquals(healthOf(pool), [[1, 0], [1, 0], [0, 1]]);
});

Deno.test("proxy: a failure for a client that has left is not held against the backend", async () => {
  const { proxy, pool } = proxyOf({ a: "connection_terminated" });
  await proxy(facts({ clientGone: true }));
  assertEquals(healthOf(pool), [[0, 0], [0, 0], [0, 0]]);
});

Deno.test("proxy: an answer stays in flight until the engine ends it, and only then counts as a whole", async () => {
  const { proxy, pool } = proxyOf({});
  pool.report(facts(), pool.next(facts(), [])!, failed(REFUSED));
  pool.next(facts(), []);
  pool.next(facts(), []);
  const { outcome, attempts } = await proxy(facts({ clientGone: true }));
  assertEquals(healthOf(pool), [[1, 1], [0, 1], [0, 1]]);
  pool.end(attempts[0]!.backend, outcome as Answered<string>);
  assertEquals(healthOf(pool), [[0, 0], [0, 1], [0, 1]]);
});

/** What so many requests in a row come to, where every backend fails in that way. */
async function verdictsOf(failure: FailureKind, requests: number, share: number) {
  const fails = { a: failure, b: failure, c: failure } as const;
  const { proxy, forwarded } = proxyOf(fails, 3, equal(3), new RetryBudget(share, 0));
  const verdicts: Verdict[] = [];
  for (let i = 0; i < requests; i++) verdicts.push((await proxy(facts())).verdict);
  return { verdicts, sent: forwarded.length };
}

Deno.test("proxy: out of retry budget the last outcome is the answer", async () => {
  const { verdicts, sent } = await verdictsOf(BROKEN, 100, 0.2);
  assertEquals(verdicts.slice(0, 3), [
    "attempts used up",
    "retry budget used up",
    "retry budget used up",
  ]);
  assertEquals(sent, 100 + 20 + 3);
});

Deno.test("proxy: refused connections are no business of the retry budget", async () => {
  const { verdicts, sent } = await verdictsOf(REFUSED, 100, 0);
  assertEquals(new Set(verdicts), new Set(["attempts used up"]));
  assertEquals(sent, 300);
});

Deno.test("proxy: what comes back from a backend that was ejected meanwhile goes on beyond the budget", async () => {
  const pool = poolOf(equal(2));
  const budget = new RetryBudget(0, 0);
  while (budget.withdraw(0));
  const late = Promise.withResolvers<Outcome<string>>();
  const proxy = createProxy<RequestFacts, string>({
    pool,
    budget,
    clock: () => 0,
    maxAttempts: 2,
    forward: (_request, backend) =>
      nameOf(backend) === "a" ? late.promise : Promise.resolve(answered("b")),
  });
  const requests = Array.from({ length: 20 }, () => proxy(facts())); // ten of them go to a, and hang
  late.resolve(failed("http_response_timeout"));
  const results = await Promise.all(requests);
  const verdicts = countsOf(results.map(({ verdict }) => verdict));
  // Four fail before anybody can know; the fifth ejects, and those after it are no retry storm.
  assertEquals([...verdicts].sort().reverse(), [["retry budget used up", 4], ["answered", 16]]);
});

Deno.test("proxy: where all backends were ejected the budget holds for all of them", async () => {
  const pool = poolOf(equal(2));
  for (const backend of pool.backends) {
    for (let i = 0; i < 5; i++) {
      backend.inFlight++;
      pool.report(facts(), backend, failed(REFUSED));
    }
  }
  const budget = new RetryBudget(0, 0);
  while (budget.withdraw(0));
  const proxy = createProxy<RequestFacts, string>({
    pool,
    budget,
    clock: () => 0,
    maxAttempts: 2,
    forward: () => Promise.resolve(failed(BROKEN)),
  });
  assertEquals((await proxy(facts())).verdict, "retry budget used up");
});

Deno.test("proxy: a request that has been to every backend takes nothing from the retry budget", async () => {
  const budget = new RetryBudget(0, 0);
  const { proxy } = proxyOf({ a: BROKEN }, Infinity, [1], budget);
  for (let i = 0; i < 10; i++) assertEquals((await proxy(facts())).verdict, "attempts used up");
  assertEquals([1, 2, 3, 4].map(() => budget.withdraw(0)), [true, true, true, false]);
});

Deno.test("proxy: where every backend is full it says so, and tried nothing", async () => {
  const full = poolOf(equal(2), { backendMaxInFlight: 1 });
  for (const _ of full.backends) full.next(facts(), []);
  const proxy = createProxy<RequestFacts, string>({
    pool: full,
    budget: new RetryBudget(0, 0),
    clock: () => 0,
    maxAttempts: 3,
    forward: () => Promise.reject(new Error("nothing is to be sent")),
  });
  const result = await proxy(facts());
  assertEquals([short(result.outcome), result.attempts.length], ["connection_limit_reached", 0]);
});

Deno.test("proxy: a request whose time is up is not sent again", async () => {
  const { proxy, forwarded } = proxyOf({ a: REFUSED });
  const { verdict } = await proxy(facts({ expired: true }));
  assertEquals([verdict, forwarded.length], ["out of time", 1]);
});

Deno.test("proxy: a body that is spent while an attempt is under way is not sent again", async () => {
  const request = { ...facts({ method: "PUT" }), bodySpent: false };
  const tried: (string | undefined)[] = [];
  const proxy = createProxy<typeof request, never>({
    pool: poolOf(equal(3)),
    budget: new RetryBudget(Infinity, 0),
    clock: () => 0,
    maxAttempts: 3,
    forward: (request, backend) => {
      tried.push(nameOf(backend));
      request.bodySpent = tried.length === 2;
      return Promise.resolve(failed(BROKEN));
    },
  });
  const { verdict } = await proxy(request);
  assertEquals([tried, verdict], [["a", "b"], "body already sent"]);
});
