import { assert, assertEquals } from "@std/assert";
import type { Backend } from "../../lib/backends/backend.ts";
import { IN_USE } from "../../lib/health/ejection.ts";
import type { PoolOptions } from "../../lib/pool/pool.ts";
import { computeShare, type ShareRules } from "../../lib/pool/share.ts";
import { backendsOf } from "../support/fakes.ts";
import { HealthTest } from "../support/health.ts";
import { seeded } from "../support/random.ts";

const RULES: ShareRules = { slowStart: 10_000, prefersIdle: true, failingAfter: 5 };

/** Backends of the weights 1 and 3; the first one has failed a number of times since it was reinstated. */
function failing(failures: number, since = -Infinity): [Backend, Backend] {
  const [first, second] = backendsOf([1, 3]);
  first!.state = { ...first!.state, standing: { ...IN_USE, failures, since } };
  return [first!, second!];
}

for (
  const [what, failures, prefersIdle, share] of [
    ["that does not fail gets all", 0, true, 1],
    ["with a few failures gets all", 4, true, 1],
    ["that fails gets no more than by its weight", 5, true, 0.25],
    ["that fails gets all if the policy does not prefer it for being idle", 5, false, 1],
  ] as const
) {
  Deno.test(`share: a backend ${what}`, () => {
    const backends = failing(failures);
    assertEquals(
      computeShare(backends[0], backends, { ...RULES, prefersIdle }, -Infinity, 0),
      share,
    );
  });
}

Deno.test("share: it grows over slow start, unless the backend fails", () => {
  for (const [failures, share] of [[0, 0.4], [5, 0.25]] as const) {
    const backends = failing(failures, 1_000);
    assertEquals(computeShare(backends[0], backends, RULES, 11_000, 5_000), share);
  }
});

Deno.test("share: a backend gets all once no usable backend is in slow start", () => {
  const backends = failing(0, 1_000);
  assertEquals(computeShare(backends[0], backends, RULES, -Infinity, 1_000), 1);
});

/** A pool of three whose second backend is reinstated at a time. */
function reinstatedAt(now: number, options: Partial<PoolOptions>): HealthTest {
  const test = new HealthTest(3, options);
  test.fail("b", "connection_refused", 5);
  test.now = now;
  test.check("b");
  test.pick();
  test.finish("b");
  return test;
}

Deno.test("share: in slow start a backend's requests grow with time, and the others get the rest evenly", () => {
  const test = reinstatedAt(20_000, { random: seeded(7) });
  for (const [now, share] of [[20_000, 0], [22_500, 0.25], [25_000, 0.5], [30_000, 1]] as const) {
    test.now = now;
    const { a = 0, b = 0, c = 0 } = test.shares(3_000);
    assert(Math.abs(b / 1_000 - share) < 0.06, `${b} at ${now}`);
    assert(Math.abs(a - c) < 160, `${a} and ${c} at ${now}`);
  }
});

Deno.test("share: with SLOW_START=off a backend gets its whole share at once", () => {
  const test = reinstatedAt(10_000, { slowStart: 0 });
  assertEquals(test.shares(300), { a: 100, b: 100, c: 100 });
});

Deno.test("share: if all backends are in slow start, every request gets one, and they get equal shares", () => {
  const test = new HealthTest(2, { random: seeded(1), slowStart: 60_000 });
  for (const name of "ab") test.fail(name, "connection_refused", 5);
  test.now = 10_000;
  for (const name of "ab") test.check(name);
  for (const _ of "ab") test.finish(test.pick()!);
  assertEquals(test.usable, "ab");
  const { a = 0, b = 0 } = test.shares(1_000);
  assertEquals(a + b, 1_000);
  assert(Math.abs(a - b) < 120, `${a} and ${b}`);
});
