import { assertEquals } from "@std/assert";
import { mayHaveLeft } from "../../../lib/outcome.ts";
import { simulateAttempt } from "../../../lib/simulate/run/attempt.ts";
import type { ReplyKind } from "../../../lib/simulate/run/simulated_backend.ts";

const TIMEOUTS = { connect: 2_000, firstByte: 60_000 };

/** The outcome of an attempt that began at 100 ms, and when it ends: `200 at 120`. */
function attempt(kind: ReplyKind, at: number, expiresAt = Infinity): string {
  const { at: endsAt, outcome } = simulateAttempt({ kind, at }, 100, expiresAt, TIMEOUTS);
  if (outcome.kind === "answered") return `${outcome.status} at ${endsAt}`;
  const left = mayHaveLeft(outcome) ? "may have left" : "never left";
  return `${outcome.failure}, ${left}, at ${endsAt}`;
}

for (
  const [what, actual, expected] of [
    ["an answer", attempt("answers", 120), "200 at 120"],
    ["an error", attempt("errors", 120), "500 at 120"],
    ["a refusal", attempt("refuses", 101), "connection_refused, never left, at 101"],
    ["a break", attempt("breaks off", 120), "connection_terminated, may have left, at 120"],
    ["silence", attempt("hangs", Infinity), "http_response_timeout, may have left, at 60100"],
    ["no connection", attempt("swallows", Infinity), "connection_timeout, never left, at 2100"],
    ["a late answer", attempt("answers", 60_101), "http_response_timeout, may have left, at 60100"],
    ["an answer in time", attempt("answers", 60_100), "200 at 60100"],
    [
      "an answer after REQUEST_TIMEOUT",
      attempt("answers", 120, 110),
      "http_response_timeout, may have left, at 110",
    ],
    [
      "no connection before REQUEST_TIMEOUT",
      attempt("swallows", Infinity, 110),
      "http_response_timeout, never left, at 110",
    ],
  ] as const
) {
  Deno.test(`attempt: ${what} ends as "${expected}"`, () => {
    assertEquals(actual, expected);
  });
}
