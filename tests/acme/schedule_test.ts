import { assert, assertEquals } from "@std/assert";
import { addFailure, latest, pauseBeforeAttempt } from "../../lib/acme/failure_record.ts";
import {
  pauseAfterFailure,
  pauseBeforePoll,
  readRetryAfter,
  renewalTime,
} from "../../lib/acme/schedule.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

Deno.test("acme schedule: a certificate is renewed at two thirds of its life, or a little earlier", () => {
  for (const days of [6, 45, 90, 398]) {
    const life = { notBefore: 1_000, notAfter: 1_000 + days * DAY_MS };
    const share = (random: number) => (renewalTime(life, random) - 1_000) / (days * DAY_MS);
    assert(Math.abs(share(0) - 2 / 3) < 1e-9);
    assert(share(0.999) > 0.64 && share(0.999) < share(0.5) && share(0.5) < 2 / 3);
  }
});

Deno.test("acme schedule: the pause after a failure doubles from a minute to a day, and jitter makes it shorter only", () => {
  const pauses = (random: number) =>
    Array.from({ length: 14 }, (_, index) => pauseAfterFailure(index + 1, random) / MINUTE_MS);
  assertEquals(pauses(0), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 1_440, 1_440, 1_440]);
  assertEquals(pauses(1), pauses(0).map((minutes) => Math.max(1, minutes * 0.8)));
  assertEquals(pauseAfterFailure(100_000, 0), DAY_MS);
});

Deno.test("acme schedule: what the authority asks for is a lower bound, also above a day", () => {
  for (const retryAfterMs of [90_000, 2 * DAY_MS]) {
    assertEquals(pauseAfterFailure(1, 1, retryAfterMs), retryAfterMs);
  }
  assertEquals(pauseAfterFailure(12, 0, 90_000), DAY_MS);
});

Deno.test("acme schedule: Retry-After is seconds or a date, eight days at most", () => {
  const now = Date.UTC(2026, 0, 1);
  const read = (value: string | null) => readRetryAfter(value, now);
  assertEquals(
    ["120", " 7 ", "0", "Thu, 01 Jan 2026 00:02:00 GMT", "Wed, 31 Dec 2025 00:00:00 GMT"].map(read),
    [120_000, 7_000, 0, 120_000, 0],
  );
  assertEquals(["", "soon", "-5x", null].map(read), [undefined, undefined, undefined, undefined]);
  assertEquals(["99999999999999", "Thu, 01 Jan 2099 00:00:00 GMT"].map(read), [
    8 * DAY_MS,
    8 * DAY_MS,
  ]);
});

Deno.test("acme schedule: questions about what is under way come ever more seldom, or as the authority asks", () => {
  const pauses = Array.from({ length: 12 }, (_, polls) => pauseBeforePoll(polls, undefined));
  assertEquals([pauses[0], pauses.at(-1)], [500, 10_000]);
  assertEquals(pauses.toSorted((a, b) => a - b), pauses);
  assertEquals([0, 3_000, 10 * MINUTE_MS].map((after) => pauseBeforePoll(0, after)), [
    500,
    3_000,
    2 * MINUTE_MS,
  ]);
});

Deno.test("acme schedule: failures of this process hold fully, those before it for a minute, and what the authority asked for always", () => {
  const facts = { now: 1e12, random: 0, startedAt: 1e12 - 1, retryAfterMs: undefined, reason: "x" };
  const first = addFailure(undefined, facts);
  const second = addFailure(first, { ...facts, now: first.retryAt });
  assertEquals([first.failures, second.failures], [1, 2]);
  const { failedAt } = second;
  const pause = (record: typeof second, after: number, startedAt: number) =>
    pauseBeforeAttempt(record, failedAt + after, startedAt) / MINUTE_MS;
  assertEquals(pause(second, 0, 0), 2);
  assertEquals(pause(second, 0, failedAt + 1), 1);
  assertEquals(pause(second, MINUTE_MS, failedAt + 1), 0);
  const limited = addFailure(second, { ...facts, now: failedAt, retryAfterMs: DAY_MS });
  assertEquals(pause(limited, 0, failedAt + 1), 1_440);
  assertEquals(addFailure(second, { ...facts, startedAt: failedAt + 1 }).failures, 1);
  assertEquals(pauseBeforeAttempt(undefined, 0, 0), 0);
});

Deno.test("acme schedule: a clock that was set back does not stop attempts for years", () => {
  const facts = { now: 2e12, random: 0, startedAt: 0, retryAfterMs: undefined, reason: "x" };
  assertEquals(pauseBeforeAttempt(addFailure(undefined, facts), 1e12, 0), 0);
});

Deno.test("acme schedule: of two balancers' failures, the last one counts", () => {
  const at = (now: number) =>
    addFailure(undefined, { now, random: 0, startedAt: 0, retryAfterMs: undefined, reason: "x" });
  assertEquals(latest(at(1), at(2)), at(2));
  assertEquals(latest(at(2), at(1)), at(2));
  assertEquals([latest(undefined, at(1)), latest(at(1), undefined)], [at(1), at(1)]);
});
