import { assertEquals, assertStrictEquals } from "@std/assert";
import type { Backend } from "../../lib/backends/backend.ts";
import type { PickContext } from "../../lib/policies/policy.ts";
import { computeCandidates } from "../../lib/pool/candidates.ts";
import { Counter } from "../../lib/pool/counter.ts";
import { Selection, type SelectionOptions } from "../../lib/pool/selection.ts";
import { IN_USE } from "../../lib/health/ejection.ts";
import { backendsOf, equal, facts, nameOf, putInFlight, triedOf } from "../support/fakes.ts";
import { HealthTest } from "../support/health.ts";

/** The names of the backends that a policy was offered, and the turn and the number of the pick. */
interface NotedPick {
  readonly from: string;
  readonly turn: number;
  readonly number: number;
}

/** A selection by a policy that picks the first backend offered, and notes each pick. */
function firstOffered(size: number, options: Partial<SelectionOptions> = {}) {
  const backends = backendsOf(equal(size));
  const picks: NotedPick[] = [];
  const policy = {
    cycle: (backends: readonly Backend[]) => backends.length,
    pick(offered: readonly Backend[], { turn, number }: PickContext): Backend {
      picks.push({ from: offered.map(nameOf).join(""), turn, number });
      return offered[0]!;
    },
  };
  const counter = new Counter();
  const selection = new Selection({
    policy,
    counter,
    sticky: undefined,
    random: () => 0.5,
    maxInFlight: 1,
    shares: { slowStart: 10_000, prefersIdle: false, failingAfter: 5 },
    ...options,
  });
  const select = (tried: readonly Backend[] = [], now = 0) =>
    nameOf(
      selection.select(
        facts(),
        triedOf(...tried),
        computeCandidates(backends, 10_000),
        now,
      ),
    );
  return { backends, picks, counter, select };
}

/** Puts a backend in slow start since a time. */
function reinstate(backend: Backend, since: number): void {
  backend.state = { ...backend.state, standing: { ...IN_USE, since } };
}

Deno.test("selection: a first attempt takes a turn, a retry sees the upcoming one", () => {
  const { backends, picks, counter, select } = firstOffered(3);
  assertEquals([select(), select(), select([backends[0]!])], ["a", "a", "b"]);
  assertEquals(picks, [
    { from: "abc", turn: 0, number: 1 },
    { from: "abc", turn: 1, number: 1 },
    { from: "bc", turn: 2, number: 2 },
  ]);
  assertEquals(counter.upcoming, 2);
});

Deno.test("selection: if the pick is full, the policy picks again from those with room", () => {
  const { backends, picks, select } = firstOffered(4);
  putInFlight(backends[0]!, 1);
  putInFlight(backends[2]!, 1);
  assertEquals(select(), "b");
  assertEquals(picks.at(-1), { from: "bd", turn: 0, number: 2 });
});

Deno.test("selection: if all are full, no backend is selected", () => {
  const { backends, picks, select } = firstOffered(2);
  for (const backend of backends) putInFlight(backend, 1);
  assertEquals([select(), picks.length], [undefined, 1]);
});

Deno.test("selection: without backends, and if all are tried, no backend is selected and no turn taken", () => {
  assertEquals(firstOffered(0).select(), undefined);
  const { backends, counter, select } = firstOffered(2);
  assertEquals([select(backends), counter.upcoming], [undefined, 0]);
});

Deno.test("selection: a backend in slow start is picked with the chance of its share", () => {
  for (const [now, expected] of [[4_999, "b"], [5_001, "a"]] as const) {
    const { backends, select } = firstOffered(3);
    reinstate(backends[0]!, 0);
    assertEquals(select([], now), expected, `random 0.5 at ${now} of 10,000`);
  }
});

Deno.test("selection: instead of a backend in slow start, those with a full share are preferred", () => {
  const { backends, picks, select } = firstOffered(4);
  for (const index of [0, 1]) reinstate(backends[index]!, 0);
  putInFlight(backends[2]!, 1);
  assertEquals(select(), "d");
  assertEquals(picks.at(-1)!.from, "d");
});

Deno.test("selection: if none with a full share has room, one in slow start is selected", () => {
  const { backends, picks, select } = firstOffered(3);
  for (const index of [0, 1]) reinstate(backends[index]!, 0);
  putInFlight(backends[2]!, 1);
  assertEquals(select(), "a");
  assertEquals(picks.at(-1)!.from, "ab");
});

Deno.test("selection: BACKEND_MAX_IN_FLIGHT sends further requests to other backends, then to none", () => {
  const test = new HealthTest(3, { backendMaxInFlight: 2 });
  const picked = Array.from({ length: 7 }, () => test.pick());
  assertEquals(picked.slice(0, 6).sort().join(""), "aabbcc");
  assertEquals(picked[6], undefined);
  assertEquals(test.pool.unavailable.failure, "connection_limit_reached");
  test.finish("b");
  assertEquals(test.pick(), "b");
});

Deno.test("selection: a retry skips a backend that is full, and gets none if all others are", () => {
  const test = new HealthTest(3, { backendMaxInFlight: 1 });
  const [a, b, c] = test.pool.backends as [Backend, Backend, Backend];
  putInFlight(b, 1);
  assertStrictEquals(test.pool.next(facts(), triedOf(a)), c);
  assertEquals(test.pool.next(facts(), triedOf(a)), undefined);
});
