import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Backend } from "../../lib/backends/backend.ts";
import { Counter } from "../../lib/pool/counter.ts";
import { newRecord } from "../../lib/shared_memory/cells.ts";
import { POOL } from "../../lib/shared_memory/layout.ts";
import type { Pool } from "../../lib/pool/pool.ts";
import {
  answered,
  countsOf,
  createFakePool,
  equal,
  facts,
  nameOf,
  triedOf,
} from "../support/fakes.ts";

/** Which backend serves each request, one request after the other, where some always refuse. */
function served(pool: Pool, requests: number, dead: ReadonlySet<Backend>): Backend[] {
  return Array.from({ length: requests }, () => {
    const tried: Backend[] = [];
    while (true) {
      const backend = pool.next(facts(), triedOf(...tried));
      if (backend === undefined) throw new Error("a live backend was never given");
      if (!dead.has(backend)) return backend;
      tried.push(backend);
    }
  });
}

const COUNT = fc.integer({ min: 1, max: 20 });

Deno.test("Pool: never gives a backend that was tried", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 8 });
  fc.assert(fc.property(weights, fc.nat(), fc.nat(1000), (weights, seed, turns) => {
    const cells = newRecord(POOL);
    const [pool, counter] = [createFakePool(weights, { cells }), new Counter(cells.turn)];
    for (let turn = 0; turn < turns % 7; turn++) counter.next(weights.length);
    const tried = pool.backends.filter((_, index) => seed >> index & 1);
    if (tried.length === 0) tried.push(pool.backends[0]!);
    const next = pool.next(facts(), triedOf(...tried));
    assertEquals(next === undefined, tried.length === weights.length);
    assert(next === undefined || !tried.includes(next));
  }));
});

Deno.test("Pool: a request gets each backend once, then none", () => {
  fc.assert(fc.property(COUNT, fc.nat(40), (n, before) => {
    const pool = createFakePool(equal(n));
    for (let index = 0; index < before; index++) pool.next(facts(), []);
    const tried: Backend[] = [];
    for (let attempt = 1; attempt <= n; attempt++) {
      tried.push(pool.next(facts(), triedOf(...tried))!);
    }
    assertEquals(new Set(tried), new Set(pool.backends));
    assertEquals(pool.next(facts(), triedOf(...tried)), undefined);
  }));
});

Deno.test("Pool: only first attempts take a turn", () => {
  const cells = newRecord(POOL);
  const [pool, counter] = [createFakePool(equal(3), { cells }), new Counter(cells.turn)];
  const first = pool.next(facts(), [])!;
  assertEquals(counter.upcoming, 1);
  const second = pool.next(facts(), triedOf(first))!;
  pool.next(facts(), triedOf(first, second));
  pool.next(facts(), triedOf(...pool.backends));
  assertEquals(counter.upcoming, 1);
});

Deno.test("Pool: the next request goes to the next backend, whatever retries there were", () => {
  const pool = createFakePool(equal(3));
  const firsts = Array.from({ length: 6 }, () => {
    const first = pool.next(facts(), [])!;
    pool.next(facts(), triedOf(first));
    return nameOf(first);
  });
  assertEquals(firsts, ["a", "b", "c", "a", "b", "c"]);
});

for (
  const [weights, dead, shares] of [
    [[1, 1, 1], [0], [0, 1, 1]],
    [[1, 1, 1], [1], [1, 0, 1]],
    [[1, 1, 1], [2], [1, 1, 0]],
    [[1, 1, 1, 1], [0, 2], [0, 1, 0, 1]],
    [[1, 1, 1, 1], [1, 2, 3], [1, 0, 0, 0]],
    [[1, 2, 3], [2], [1, 2, 0]],
    [[2, 2, 1, 1], [0], [0, 2, 1, 1]],
    [[1, 1, 1, 1, 1, 1], [0, 3], [0, 1, 1, 0, 1, 1]],
  ] as const
) {
  Deno.test(`Pool: of weights ${weights} while ${dead} fail, the others serve their shares`, () => {
    const pool = createFakePool(weights);
    const failing = new Set(dead.map((index) => pool.backends[index]!));
    const total = 12_600;
    const counts = countsOf(served(pool, total, failing));
    // The turns of a live backend are exact; those of a dead one go to the rest by their weights.
    const sum = weights.reduce((a: number, b) => a + b, 0);
    const alive = shares.reduce((a: number, b) => a + b, 0);
    pool.backends.forEach((backend, index) => {
      const own = weights[index]! / sum, lost = (sum - alive) / sum;
      const share = shares[index] === 0 ? 0 : own + lost * (shares[index]! / alive);
      const deviation = (counts.get(backend) ?? 0) / total - share;
      assert(Math.abs(deviation) < 0.01, `${index}: ${deviation}`);
    });
  });
}

Deno.test("Pool: retries spread evenly where requests overlap in lockstep", () => {
  const pool = createFakePool(equal(3));
  const counts = new Map<Backend, number>();
  for (let batch = 0; batch < 2_000; batch++) {
    const firsts = Array.from({ length: 6 }, () => pool.next(facts(), [])!);
    for (const first of firsts) {
      const failed = { backend: first, outcome: answered("ok") };
      const by = first === pool.backends[0] ? pool.next(facts(), [failed])! : first;
      counts.set(by, (counts.get(by) ?? 0) + 1);
    }
  }
  const [b = 0, c = 0] = [...counts.values()];
  assert(Math.abs(b - c) < 120, `${b} and ${c} of 12,000`);
});

Deno.test("Pool: requests that overlap in any order keep counts within one", async () => {
  const anySchedule = fc.scheduler();
  const size = fc.integer({ min: 1, max: 40 });
  await fc.assert(fc.asyncProperty(anySchedule, COUNT, size, async (schedule, n, requests) => {
    const pool = createFakePool(equal(n));
    const picked: (Backend | undefined)[] = [];
    for (let index = 0; index < requests; index++) {
      schedule.schedule(Promise.resolve()).then(async () => {
        const backend = pool.next(facts(), [])!;
        picked.push(backend);
        await schedule.schedule(Promise.resolve());
        pool.report(facts(), { backend, outcome: answered("ok") });
      });
    }
    await schedule.waitAll();
    const counts = countsOf(picked);
    const all = pool.backends.map((backend) => counts.get(backend) ?? 0);
    assertEquals(picked.length, requests);
    assert(Math.max(...all) - Math.min(...all) <= 1);
  }));
});

Deno.test("Pool: shares follow the weights", () => {
  const pool = createFakePool([5, 1, 1]);
  assertEquals(served(pool, 7, new Set()).map(nameOf).join(""), "aabacaa");
});

Deno.test("Pool: weighted picks keep their order across the wrap at 2^32", () => {
  const cells = newRecord(POOL);
  cells.turn[0] = 2 ** 32 - 4; // 4294967292 is 0 modulo 7: the cycle starts here
  assertEquals((2 ** 32 - 4) % 7, 0);
  const pool = createFakePool([5, 1, 1], { cells });
  assertEquals(served(pool, 14, new Set()).map(nameOf).join(""), "aabacaaaabacaa");
});
