import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { firstDelay, nextDelay } from "../../lib/health/probe_schedule.ts";

Deno.test("probe schedule: first probes are spread over a second, or over an interval if that is shorter", () => {
  assertEquals([firstDelay(5_000, () => 0), firstDelay(5_000, () => 0.5)], [0, 500]);
  assertEquals(firstDelay(200, () => 0.5), 100);
});

Deno.test("probe schedule: an interval varies by up to a tenth", () => {
  assertEquals(nextDelay(5_000, () => 0.5), 5_000);
  assertAlmostEquals(nextDelay(5_000, () => 0), 4_500);
  const longest = nextDelay(5_000, () => 1 - 2 ** -53);
  assert(longest <= 5_500 && longest > 5_499);
});
