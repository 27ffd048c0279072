import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createRateLimiter, limitKeyOf, takeToken } from "../../lib/routing/rate_limit.ts";
import { newRateTable, RateTable } from "../../lib/shared_memory/rate_table.ts";

const SEED = 7;

const limiter = (
  requests: number,
  perMs: number,
  burst: number | undefined,
  table = new RateTable(),
  route = "api",
) => createRateLimiter({ rate: { requests, perMs }, burst }, route, table, SEED);

/** A bucket as its definition says it: tokens that come one by one, up to a number of them. */
class NaiveBucket {
  #tokens: number;
  #at = 0;
  readonly size: number;
  readonly tokenMs: number;

  constructor(size: number, tokenMs: number) {
    this.size = this.#tokens = size;
    this.tokenMs = tokenMs;
  }

  take(now: number): boolean {
    this.#tokens = Math.min(this.size, this.#tokens + (now - this.#at) / this.tokenMs);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

Deno.test("rate limit: it takes what a token bucket would, over several views of one table", () => {
  const scenario = fc.record({
    tokenMs: fc.constantFrom(2, 8, 64, 1024), // exact in binary, as the times are
    burst: fc.integer({ min: 1, max: 8 }),
    requests: fc.array(
      fc.record({
        after: fc.constantFrom(0, 0, 0, 0, 0, 1, 2, 3, 7, 40, 500, 3000),
        view: fc.integer({ min: 0, max: 2 }),
        key: fc.constantFrom("192.0.2.1", "192.0.2.2"),
      }),
      { minLength: 60, maxLength: 150, size: "max" },
    ),
  });
  let [taken, refused] = [0, 0];
  fc.assert(
    fc.property(scenario, ({ tokenMs, burst, requests }) => {
      const buffer = newRateTable();
      const views = [0, 1, 2].map(() => limiter(1, tokenMs, burst, new RateTable(buffer)));
      const buckets = new Map<string, NaiveBucket>();
      let now = 1_000_000;
      for (const { after, view, key } of requests) {
        now += after;
        let bucket = buckets.get(key);
        if (bucket === undefined) buckets.set(key, bucket = new NaiveBucket(burst, tokenMs));
        const wait = views[view]!.take(key, now);
        assertEquals(wait === 0, bucket.take(now));
        if (wait === 0) taken++;
        else refused++;
        assert(wait <= tokenMs, `${wait} ms`);
      }
    }),
    { seed: 20261127, numRuns: 60 },
  );
  assert(taken > 500 && refused > 500, `${taken} taken, ${refused} refused`);
});

Deno.test("rate limit: after the wait that it says there is a token, and no sooner", () => {
  const { take } = limiter(10, 1_000, 2);
  assertEquals([take("a", 0), take("a", 0)], [0, 0]);
  const wait = take("a", 0);
  assertEquals(wait, 100);
  assert(take("a", wait - 1) > 0);
  assertEquals(take("a", wait), 0);
});

for (
  const [requests, perMs, burst] of [
    [100, 1_000, 100],
    [30, 60_000, 1],
    [1, 3_600_000, 1],
    [1, 1_000, 1],
    [3, 1_000, 3],
  ] as const
) {
  Deno.test(`rate limit: without a burst, ${requests} in ${perMs} ms allow ${burst} at once`, () => {
    const { take } = limiter(requests, perMs, undefined);
    const taken = Array.from({ length: burst + 5 }, () => take("a", 5)).filter((wait) =>
      wait === 0
    );
    assertEquals(taken.length, burst);
  });
}

Deno.test("rate limit: over a long time it is the rate, whatever the burst", () => {
  const { take } = limiter(50, 1_000, 10);
  let taken = 0;
  for (let now = 0; now < 60_000; now += 5) if (take("a", now) === 0) taken++;
  assert(taken >= 3_000 && taken <= 3_010, `${taken}`);
});

Deno.test("rate limit: keys, and routes, have buckets of their own", () => {
  const table = new RateTable();
  const api = limiter(1, 1_000, 1, table, "api");
  const login = limiter(1, 1_000, 1, table, "login");
  assertEquals([api.take("a", 0), api.take("b", 0), login.take("a", 0)], [0, 0, 0]);
  assert(api.take("a", 0) > 0 && api.take("b", 0) > 0 && login.take("a", 0) > 0);
});

Deno.test("rate limit: a clock that stands still, or goes back, gives no tokens", () => {
  assertEquals(takeToken(100, 0, 10, 90), [100, 10]);
  const { take } = limiter(1, 1_000, 1);
  assertEquals(take("a", 5_000), 0);
  assert(take("a", 4_000) > 0);
});

for (
  const [by, key] of [
    [{ by: "address" }, "2001:db8:0:0"],
    [{ by: "header", name: "X-Api-Key" }, "k1"],
    [{ by: "header", name: "X-Other" }, ""],
  ] as const
) {
  Deno.test(`rate limit: by ${JSON.stringify(by)} the key is ${JSON.stringify(key)}`, () => {
    const header = (name: string) => name === "X-Api-Key" ? "k1" : undefined;
    assertEquals(limitKeyOf(by, "2001:db8::1", header), key);
  });
}
