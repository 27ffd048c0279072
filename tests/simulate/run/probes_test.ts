import { assertEquals } from "@std/assert";
import { simulateProbe } from "../../../lib/simulate/run/probes.ts";

for (
  const [kind, at, expected] of [
    ["answers", 100.1, { at: 100.1, good: true, reason: "answered 200" }],
    ["errors", 100.1, { at: 100.1, good: false, reason: "answered 500" }],
    ["refuses", 100.1, { at: 100.1, good: false, reason: "connection_refused" }],
    ["breaks off", 100.1, { at: 100.1, good: false, reason: "connection_terminated" }],
    ["hangs", Infinity, { at: 2_100, good: false, reason: "no answer within 2000 ms" }],
    ["swallows", Infinity, { at: 2_100, good: false, reason: "no answer within 2000 ms" }],
  ] as const
) {
  Deno.test(`probes: a probe of a backend that ${kind} is ${expected.good ? "good" : "bad"}`, () => {
    assertEquals(simulateProbe({ kind, at }, 100, 2_000, [[200, 399]]), expected);
  });
}

Deno.test("probes: HEALTH_STATUS decides which answers are good", () => {
  const { good } = simulateProbe({ kind: "errors", at: 100.1 }, 100, 2_000, [[500, 500]]);
  assertEquals(good, true);
});
