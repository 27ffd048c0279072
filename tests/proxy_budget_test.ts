import { assertEquals } from "@std/assert";
import type { FailureKind, Outcome } from "../lib/outcome.ts";
import { createProxy } from "../lib/proxy.ts";
import type { RequestFacts } from "../lib/request_facts.ts";
import { RetryBudget } from "../lib/retry_budget.ts";
import {
  answered,
  countsOf,
  createFakePool,
  equal,
  facts,
  failed,
  nameOf,
} from "./support/fakes.ts";
import { type Ending, endingOf, proxyOf } from "./support/proxy.ts";

const REFUSED = "connection_refused";
const BROKEN = "connection_terminated";

/** How requests in a row end if every backend fails them, and how many attempts there are. */
async function verdictsOf(failure: FailureKind, requests: number, share: number) {
  const fails = { a: failure, b: failure, c: failure } as const;
  const { proxy, forwarded } = proxyOf(fails, 3, equal(3), new RetryBudget(share));
  const verdicts: Ending[] = [];
  for (let i = 0; i < requests; i++) verdicts.push(endingOf(await proxy(facts())));
  return { verdicts, sent: forwarded.length };
}

Deno.test("proxy: once the retry budget is used up, a request ends with its first failure", async () => {
  const { verdicts, sent } = await verdictsOf(BROKEN, 100, 0.2);
  assertEquals(verdicts.slice(0, 7), [
    ...Array<Ending>(5).fill("attempts used up"),
    "retry budget used up",
    "retry budget used up",
  ]);
  assertEquals(sent, 100 + 20 + 10);
});

Deno.test("proxy: retries of refused connections draw nothing from the retry budget", async () => {
  const { verdicts, sent } = await verdictsOf(REFUSED, 100, 0);
  assertEquals(new Set(verdicts), new Set(["attempts used up"]));
  assertEquals(sent, 300);
});

Deno.test("proxy: attempts that fail at a backend ejected since they began are retried without the budget", async () => {
  const pool = createFakePool(equal(2));
  const budget = new RetryBudget(0);
  while (budget.withdraw(0));
  const late = Promise.withResolvers<Outcome<string>>();
  const proxy = createProxy<RequestFacts, string>({
    pool,
    budget,
    maxAttempts: 2,
    forward: (_request, backend) =>
      nameOf(backend) === "a" ? late.promise : Promise.resolve(answered("b")),
  });
  const requests = Array.from({ length: 20 }, () => proxy(facts())); // ten of them wait for a
  late.resolve(failed("http_response_timeout"));
  const results = await Promise.all(requests);
  const verdicts = countsOf(results.map(endingOf));
  // Four fail before the ejection, and there is no budget for them. The fifth ejects a.
  assertEquals([...verdicts].sort().reverse(), [["retry budget used up", 4], ["answered", 16]]);
});

Deno.test("proxy: if all backends are ejected, every retry draws from the budget", async () => {
  const pool = createFakePool(equal(2));
  for (const backend of pool.backends) {
    for (let i = 0; i < 5; i++) {
      backend.acquire();
      pool.report(facts(), { backend, outcome: failed(REFUSED) });
    }
  }
  const budget = new RetryBudget(0);
  while (budget.withdraw(0));
  const proxy = createProxy<RequestFacts, string>({
    pool,
    budget,
    maxAttempts: 2,
    forward: () => Promise.resolve(failed(BROKEN)),
  });
  assertEquals(endingOf(await proxy(facts())), "retry budget used up");
});

Deno.test("proxy: a request that every backend has failed draws nothing from the retry budget", async () => {
  const budget = new RetryBudget(0);
  const { proxy } = proxyOf({ a: BROKEN }, Infinity, [1], budget);
  for (let i = 0; i < 10; i++) assertEquals(endingOf(await proxy(facts())), "attempts used up");
  const left = Array.from({ length: 11 }, () => budget.withdraw(0));
  assertEquals(left.filter((allowed) => allowed).length, 10);
});
