import { assertEquals } from "@std/assert";
import { mayBeResent, ReuseLimit } from "../../../lib/engines/shared/reuse.ts";
import { CLIENT_GONE } from "../../../lib/engines/shared/failures.ts";
import { failed } from "../../../lib/outcome.ts";
import { facts } from "../../support/fakes.ts";

const LOST = failed("connection_terminated", "closed");
const MINUTES = 60_000;

/** Notes losses one after the other. @returns the limit after each */
function lose(reuse: ReuseLimit, times: number, now = 0): number[] {
  return Array.from({ length: times }, () => {
    reuse.assessLoss(LOST, reuse.milliseconds(now), now, now);
    return reuse.milliseconds(now);
  });
}

Deno.test("reuse: only what is idempotent or never left is sent once more, if its body is there and it may go on", () => {
  const resent = (
    {
      method = "GET",
      neverLeft = false,
      bodySpent = false,
      ended = undefined as typeof LOST | undefined,
    },
  ) => mayBeResent({ ...facts({ method, bodySpent }), ended }, neverLeft);
  assertEquals(["GET", "PUT", "DELETE"].map((method) => resent({ method })), [true, true, true]);
  assertEquals(["POST", "PATCH", "X"].map((method) => resent({ method })), [false, false, false]);
  assertEquals(resent({ method: "POST", neverLeft: true }), true);
  assertEquals(resent({ method: "PUT", bodySpent: true }), false);
  assertEquals(resent({ method: "POST", neverLeft: true, bodySpent: true }), false);
  assertEquals(resent({ ended: CLIENT_GONE }), false);
});

Deno.test("reuse limit: each loss shortens it, down to a few milliseconds", () => {
  const reuse = new ReuseLimit();
  assertEquals(reuse.milliseconds(0), 1_000);
  assertEquals(lose(reuse, 5), [100, 10, 3, 3, 3]);
});

Deno.test("reuse limit: of requests that are lost at once, one counts", () => {
  const reuse = new ReuseLimit();
  for (let i = 0; i < 10; i++) reuse.assessLoss(LOST, 1_000, 0, 0);
  assertEquals(reuse.milliseconds(0), 100);
});

Deno.test("reuse limit: a loss under a longer limit, that of an idempotent request, does not count", () => {
  const reuse = new ReuseLimit();
  reuse.assessLoss(LOST, Infinity, 0, 0);
  assertEquals(reuse.milliseconds(0), 1_000);
});

Deno.test("reuse limit: five minutes without a loss make it a step longer", () => {
  const reuse = new ReuseLimit();
  lose(reuse, 2);
  assertEquals(reuse.milliseconds(5 * MINUTES - 1), 10);
  lose(reuse, 1, 4 * MINUTES);
  assertEquals([5, 9, 13, 14, 19, 24].map((minute) => reuse.milliseconds(minute * MINUTES)), [
    3,
    10,
    10,
    100,
    1_000,
    1_000,
  ]);
});

Deno.test("reuse limit: after a long time it is as at the beginning", () => {
  const reuse = new ReuseLimit();
  lose(reuse, 3);
  assertEquals(reuse.milliseconds(60 * MINUTES), 1_000);
});

Deno.test("reuse limit: a loss says nothing of the backend, unless its connection broke late", () => {
  const reuse = new ReuseLimit();
  assertEquals(reuse.assessLoss(LOST, 1_000, 0, 1_001), LOST);
  assertEquals(reuse.milliseconds(1_001), 1_000);
  assertEquals(reuse.assessLoss(LOST, 1_000, 0, 1_000), { ...LOST, inconclusive: true });
  assertEquals(reuse.milliseconds(1_001), 100);
});
