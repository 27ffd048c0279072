import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { RetryBudget } from "../lib/retry_budget.ts";
import { TICK_MS } from "../lib/time/timer_wheel.ts";

/** How many of a number of retries are allowed at the same time. */
function countAllowed(budget: RetryBudget, now: number, retries: number): number {
  return Array.from({ length: retries }, () => budget.withdraw(now)).filter(Boolean).length;
}

function deposit(budget: RetryBudget, now: number, requests: number): void {
  for (let i = 0; i < requests; i++) budget.deposit(now);
}

Deno.test("retry budget: a new one allows the ten free retries of a second", () => {
  assertEquals(countAllowed(new RetryBudget(0.2), 0, 100), 10);
});

Deno.test("retry budget: without requests it allows ten retries a second, and saves none", () => {
  const budget = new RetryBudget(0.2);
  const perSecond = Array.from(
    { length: 30 },
    (_, second) => countAllowed(budget, second * 1000, 100),
  );
  assertEquals(perSecond, Array(30).fill(10));
  assertEquals(countAllowed(budget, 3_600_000, 100), 10);
});

Deno.test("retry budget: with a share of 0.2 a fifth of the requests may be retried", () => {
  const budget = new RetryBudget(0.2);
  deposit(budget, 0, 1000);
  assertEquals(countAllowed(budget, 0, 1000), 210);
});

Deno.test("retry budget: an hour of requests saves no more than one second of them", () => {
  const budget = new RetryBudget(0.2);
  for (let now = 0; now < 3_600_000; now += 100) deposit(budget, now, 50);
  assertEquals(countAllowed(budget, 3_600_000, 5_000), 110);
});

Deno.test("retry budget: while every request fails, at 500 a second, attempts are less than 1.27 times the requests", () => {
  const budget = new RetryBudget(0.2);
  for (let now = 0; now < 10_000; now += 50) deposit(budget, now, 25);
  let requests = 0, retries = 0;
  for (let now = 10_000; now < 30_000; now += 50) {
    for (let i = 0; i < 25; i++) {
      budget.deposit(now);
      requests++;
      while (budget.withdraw(now)) retries++; // as many as it allows
    }
    if (now >= 15_000) assert(retries <= requests * 0.27, `${retries} of ${requests}`);
  }
});

Deno.test("retry budget: what is paid in during a second can be drawn until the end of the next one", () => {
  for (const [after, retries] of [[1_999, 210], [2_000, 10]] as const) {
    const budget = new RetryBudget(0.2);
    deposit(budget, 500, 1000);
    assertEquals(countAllowed(budget, after, 1000), retries, `at ${after} ms`);
  }
});

Deno.test("retry budget: a share of 0 leaves ten retries a second, one of Infinity allows all", () => {
  const none = new RetryBudget(0);
  deposit(none, 0, 1000);
  assertEquals(countAllowed(none, 0, 1000), 10);
  const all = new RetryBudget(Infinity);
  all.deposit(0);
  assertEquals(countAllowed(all, 0, 1000), 1000);
  assertEquals(countAllowed(all, 60_000, 1000), 1000);
});

Deno.test("retry budget: a clock that leaps forward adds no more than the free retries of a second", () => {
  const budget = new RetryBudget(0.5);
  deposit(budget, 123_456, 10);
  assertEquals(countAllowed(budget, 123_456, 100), 15);
  deposit(budget, 987_654_321, 10);
  assertEquals(countAllowed(budget, 987_654_321, 100), 15);
});

Deno.test("retry budget: over any time, retries are at most the share, ten a second, and what one second saves", () => {
  const events = fc.array(
    fc.record({
      pause: fc.integer({ min: 0, max: 30 }).map((ticks) => ticks * TICK_MS),
      requests: fc.nat(50),
      retries: fc.nat(50),
    }),
    { maxLength: 60 },
  );
  const share = fc.constantFrom(0, 0.1, 0.2, 1);
  fc.assert(
    fc.property(
      events,
      share,
      fc.nat(20_000).map((ticks) => ticks * TICK_MS),
      (events, share, start) => {
        const budget = new RetryBudget(share);
        const log: { now: number; requests: number; retries: number }[] = [];
        let now = start;
        for (const { pause, requests, retries } of events) {
          now += pause;
          deposit(budget, now, requests);
          log.push({ now, requests, retries: countAllowed(budget, now, retries) });
        }
        const perSecond = new Map<number, number>();
        for (const { now, requests } of log) {
          const second = Math.floor(now / 1000);
          perSecond.set(second, (perSecond.get(second) ?? 0) + requests);
        }
        const saved = Math.max(0, ...perSecond.values()) * share + 10;
        for (let from = 0; from < log.length; from++) {
          let requests = 0, retries = 0;
          for (const entry of log.slice(from)) {
            requests += entry.requests;
            retries += entry.retries;
            const seconds = (entry.now - log[from]!.now) / 1000;
            assert(retries <= requests * share + 10 * seconds + saved + 1e-6);
          }
        }
      },
    ),
  );
});
