import { assertEquals } from "@std/assert";
import { mayHaveLeft } from "../../../lib/outcome.ts";
import { simulateAttempt, simulateProbe } from "../../../lib/simulate/run/attempt.ts";
import type { ReplyKind } from "../../../lib/simulate/run/simulated_backend.ts";

const TIMEOUTS = { connect: 2_000, firstByte: 60_000 };

/** What an attempt that began at 100 comes to, and when: `200 at 120`. */
function came(fate: ReplyKind, at: number, expiresAt = Infinity): string {
  const { at: when, outcome } = simulateAttempt({ kind: fate, at }, 100, expiresAt, TIMEOUTS);
  if (outcome.kind === "answered") return `${outcome.status} at ${when}`;
  const left = mayHaveLeft(outcome) ? "may have left" : "never left";
  return `${outcome.failure}, ${left}, at ${when}`;
}

for (
  const [what, actual, expected] of [
    ["an answer", came("answers", 120), "200 at 120"],
    ["an error", came("errors", 120), "500 at 120"],
    ["a refusal", came("refuses", 101), "connection_refused, never left, at 101"],
    ["a break", came("breaks off", 120), "connection_terminated, may have left, at 120"],
    ["silence", came("hangs", Infinity), "http_response_timeout, may have left, at 60100"],
    ["no connection", came("swallows", Infinity), "connection_timeout, never left, at 2100"],
    ["a late answer", came("answers", 60_101), "http_response_timeout, may have left, at 60100"],
    ["an answer in time", came("answers", 60_100), "200 at 60100"],
    [
      "an answer after REQUEST_TIMEOUT",
      came("answers", 120, 110),
      "http_response_timeout, may have left, at 110",
    ],
    [
      "no connection before REQUEST_TIMEOUT",
      came("swallows", Infinity, 110),
      "http_response_timeout, never left, at 110",
    ],
  ] as const
) {
  Deno.test(`attempt: ${what} comes to "${expected}"`, () => {
    assertEquals(actual, expected);
  });
}

for (
  const [fate, at, expected] of [
    ["answers", 100.1, { at: 100.1, good: true, reason: "answered 200" }],
    ["errors", 100.1, { at: 100.1, good: false, reason: "answered 500" }],
    ["refuses", 100.1, { at: 100.1, good: false, reason: "connection_refused" }],
    ["breaks off", 100.1, { at: 100.1, good: false, reason: "connection_terminated" }],
    ["hangs", Infinity, { at: 2_100, good: false, reason: "no answer within 2000 ms" }],
    ["swallows", Infinity, { at: 2_100, good: false, reason: "no answer within 2000 ms" }],
  ] as const
) {
  Deno.test(`attempt: a probe of a backend that ${fate} is ${expected.good ? "good" : "bad"}`, () => {
    assertEquals(simulateProbe({ kind: fate, at }, 100, 2_000, [[200, 399]]), expected);
  });
}

Deno.test("attempt: which answers to a probe are good is what HEALTH_STATUS says", () => {
  const { good } = simulateProbe({ kind: "errors", at: 100.1 }, 100, 2_000, [[500, 500]]);
  assertEquals(good, true);
});
