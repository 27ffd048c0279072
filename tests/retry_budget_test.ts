import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { RetryBudget } from "../lib/retry_budget.ts";

const SECOND = 1_000;

/** How many of so many retries pass at a time. */
function passing(budget: RetryBudget, now: number, retries: number): number {
  return Array.from({ length: retries }, () => budget.withdraw(now)).filter(Boolean).length;
}

function deposit(budget: RetryBudget, now: number, requests: number): void {
  for (let i = 0; i < requests; i++) budget.deposit(now);
}

Deno.test("retry budget: a fresh one has the three of a second", () => {
  assertEquals(passing(new RetryBudget(0.2, 0), 0, 100), 3);
});

Deno.test("retry budget: without a request there are three a second", () => {
  const budget = new RetryBudget(0.2, 0);
  const perSecond = Array.from(
    { length: 30 },
    (_, second) => passing(budget, second * SECOND + 999, 100),
  );
  assertEquals(perSecond.reduce((a, b) => a + b) / 30 <= 3, true);
  assert(perSecond.slice(0, 9).every((retries) => retries <= 3), String(perSecond));
});

Deno.test("retry budget: a fifth of the requests may be sent again", () => {
  const budget = new RetryBudget(0.2, 0);
  deposit(budget, 0, 1000);
  assertEquals(passing(budget, 0, 1000), 203);
});

Deno.test("retry budget: requests count for ten seconds, and then no more", () => {
  for (const [after, retries] of [[9_999, 200 + 29], [10_000, 30], [60_000, 30]] as const) {
    const budget = new RetryBudget(0.2, 0);
    deposit(budget, 0, 1000);
    assertEquals(passing(budget, after, 1000), retries, `${after} ms later`);
  }
});

Deno.test("retry budget: retries are held against it for as long", () => {
  const budget = new RetryBudget(0.2, 0);
  deposit(budget, 0, 100);
  assertEquals(passing(budget, 0, 100), 23);
  deposit(budget, 9_000, 100);
  assertEquals(passing(budget, 9_999, 100), 40 + 29 - 23);
  assertEquals(passing(budget, 10_000, 100), 20 + 30 - 46);
});

Deno.test("retry budget: a share of 0 leaves the three a second, one of Infinity lets all pass", () => {
  const none = new RetryBudget(0, 0);
  deposit(none, 0, 1000);
  assertEquals(passing(none, 0, 1000), 3);
  const all = new RetryBudget(Infinity, 0);
  all.deposit(0);
  assertEquals(passing(all, 0, 1000), 1000);
});

Deno.test("retry budget: a clock that stood still or leapt loses nothing and gives nothing away", () => {
  const budget = new RetryBudget(0.5, 123_456);
  deposit(budget, 123_456, 10);
  assertEquals(passing(budget, 123_456, 100), 8);
  deposit(budget, 987_654_321, 10);
  assertEquals(passing(budget, 987_654_321, 100), 35);
});

Deno.test("retry budget: whenever a retry passes, those of ten seconds are at most that share and three a second", () => {
  const events = fc.array(
    fc.record({
      pause: fc.integer({ min: 0, max: 3_000 }),
      requests: fc.nat(50),
      retries: fc.nat(50),
    }),
    { maxLength: 60 },
  );
  const share = fc.constantFrom(0, 0.1, 0.2, 1);
  fc.assert(fc.property(events, share, fc.nat(1_000_000), (events, share, start) => {
    const budget = new RetryBudget(share, start);
    const requests: number[] = [], retries: number[] = [];
    let now = start;
    for (const event of events) {
      now += event.pause;
      for (let i = 0; i < event.requests; i++) requests.push(now);
      deposit(budget, now, event.requests);
      const passed = passing(budget, now, event.retries);
      for (let i = 0; i < passed; i++) retries.push(now);
      if (passed === 0) continue;
      // The window is ten whole seconds of the clock, the last of them under way.
      const from = (Math.floor(now / SECOND) - 9) * SECOND;
      const within = (times: number[]) => times.filter((time) => time >= from).length;
      assert(within(retries) <= within(requests) * share + 30 + 1e-9);
    }
  }));
});
