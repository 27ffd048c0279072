import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { generateArrivals } from "../../../lib/simulate/scenario/arrivals.ts";

const TRAFFIC = { rate: 400, requests: 100_000, posts: 0.1, clients: 50 };

Deno.test("arrivals: gaps have the mean and the spread of a Poisson process", () => {
  const arrivals = [...generateArrivals(1, TRAFFIC)];
  assertEquals(arrivals.length, TRAFFIC.requests);
  const gaps = arrivals.map(({ at }, i) => at - (arrivals[i - 1]?.at ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  // Four standard errors of each.
  assertAlmostEquals(mean, 2.5, 2.5 * 4 / Math.sqrt(gaps.length));
  assertAlmostEquals(Math.sqrt(variance), 2.5, 2.5 * 4 / Math.sqrt(gaps.length));
  assert(gaps.every((gap) => gap >= 0));
});

Deno.test("arrivals: the share of POSTs and the number of clients are as asked for", () => {
  const arrivals = [...generateArrivals(1, TRAFFIC)];
  const posts = arrivals.filter(({ method }) => method === "POST").length;
  assertAlmostEquals(posts / arrivals.length, 0.1, 0.005);
  assertEquals(new Set(arrivals.map(({ clientAddress }) => clientAddress)).size, 50);
});

Deno.test("arrivals: each iteration gives the same requests, and another seed others", () => {
  const few = { ...TRAFFIC, requests: 100 };
  const arrivals = generateArrivals(1, few);
  assertEquals([...arrivals], [...arrivals]);
  assert([...generateArrivals(2, few)][0]!.at !== [...arrivals][0]!.at);
});

Deno.test("arrivals: times do not depend on methods or clients", () => {
  const times = (posts: number, clients: number) =>
    [...generateArrivals(1, { rate: 400, requests: 100, posts, clients })].map(({ at }) => at);
  assertEquals(times(0, 1), times(1, 1_000_000));
});
