import { assertEquals, assertStrictEquals } from "@std/assert";
import { NOTHING_ANNOUNCED } from "../../lib/health/announcements.ts";
import { IN_USE } from "../../lib/health/ejection.ts";
import { UNPROBED } from "../../lib/health/probe_state.ts";
import { SharedState } from "../../lib/health/shared_state.ts";
import type { HealthState } from "../../lib/health/state.ts";
import { newRecord } from "../../lib/shared_memory/cells.ts";
import { BACKEND } from "../../lib/shared_memory/layout.ts";

const NEW: HealthState = { standing: IN_USE, probed: UNPROBED, announced: NOTHING_ANNOUNCED };

/** Every value differs from that of a new backend. */
const CHANGED: HealthState = {
  standing: {
    phase: "trial",
    failures: 7,
    ejectionMultiplier: 3,
    since: 1_234.5,
    retryAt: 301_234.5,
    ejectedAsUnreachable: true,
    unreachableSince: 3,
    trialWorker: 2,
  },
  probed: { up: false, oppositeStreak: 1, known: true },
  announced: { failing: true, at: 999.5, keptInUse: true, keptInUseAt: 998.5 },
};

Deno.test("shared state: new cells have the state of a new backend", () => {
  assertEquals(new SharedState(newRecord(BACKEND)).current, NEW);
});

Deno.test("shared state: what one worker writes, another one reads", () => {
  const cells = newRecord(BACKEND);
  const [one, other] = [new SharedState(cells), new SharedState(cells)];
  assertEquals(other.current, NEW);
  one.write(CHANGED);
  assertEquals([one.current, other.current], [CHANGED, CHANGED]);
  other.write(NEW);
  assertEquals([one.current, other.current], [NEW, NEW]);
});

Deno.test("shared state: reading returns the same object until the state changes", () => {
  const cells = newRecord(BACKEND);
  const [one, other] = [new SharedState(cells), new SharedState(cells)];
  assertStrictEquals(other.current, other.current);
  one.write(CHANGED);
  assertStrictEquals(one.current, CHANGED);
  assertStrictEquals(other.current, other.current);
});
