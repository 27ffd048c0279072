import { assert, assertEquals } from "@std/assert";
import type { Backend } from "../../lib/backends/backend.ts";
import { checkPause, ConnectChecks, MAX_RUNNING_CHECKS } from "../../lib/health/connect_checks.ts";
import { IN_USE } from "../../lib/health/ejection.ts";
import type { Failed } from "../../lib/outcome.ts";
import { backendsOf, equal, failed, nameOf } from "../support/fakes.ts";
import { seeded } from "../support/random.ts";

const REFUSED = failed("connection_refused");

/** Connect checks of backends that are unreachable until the test says otherwise. */
class CheckTest {
  now = 0;
  readonly backends: readonly Backend[];
  /** When checks began, and of which backends. */
  readonly begun: [at: number, backend: string][] = [];
  readonly results: [backend: string, failed: Failed | undefined][] = [];
  /** What ends the checks under way. */
  readonly pending: ((failed: Failed | undefined) => void)[] = [];
  readonly checks: ConnectChecks<Backend>;

  /** @param answer how each check ends at once; undefined if the test ends it */
  constructor(size: number, answer?: Failed, random: () => number = () => 0.5) {
    this.backends = backendsOf(equal(size));
    for (const backend of this.backends) this.set(backend, true);
    this.checks = new ConnectChecks<Backend>({
      backends: () => this.backends,
      now: () => this.now,
      random,
      onCheck: (backend, failed) => this.results.push([nameOf(backend)!, failed]),
      connect: (backend, done) => {
        this.begun.push([this.now, nameOf(backend)!]);
        if (answer === undefined) this.pending.push(done);
        else done(answer);
      },
    });
  }

  set(backend: Backend, unreachable: boolean): void {
    const standing = { ...IN_USE, unreachableSince: unreachable ? this.now : Infinity };
    backend.state = { ...backend.state, standing };
  }

  /** Ticks every 50 ms, up to a time. */
  run(until: number): void {
    for (; this.now <= until; this.now += 50) this.checks.tick();
  }
}

Deno.test("connect checks: the first ones come soon, then one a second", () => {
  const test = new CheckTest(1, REFUSED);
  test.run(5_000);
  assertEquals(test.begun.map(([at]) => at), [100, 300, 700, 1_500, 2_500, 3_500, 4_500]);
});

Deno.test("connect checks: a pause varies by a quarter, so that backends that failed together are not checked together", () => {
  assertEquals([0, 0.5, 1].map((luck) => checkPause(9, 1, () => luck)), [750, 1_000, 1_250]);
  const test = new CheckTest(40, REFUSED, seeded(1));
  test.run(20_000);
  const late = new Set(test.begun.map(([at]) => at).filter((at) => at >= 10_000));
  assert(late.size > 100, `${late.size} of 200 ticks`);
});

Deno.test("connect checks: backends that are reachable are not checked, and those that are again no longer", () => {
  const test = new CheckTest(2, REFUSED);
  test.set(test.backends[1]!, false);
  test.run(1_000);
  assertEquals(new Set(test.begun.map(([, name]) => name)), new Set(["a"]));
  const { length } = test.begun;
  test.set(test.backends[0]!, false);
  test.run(5_000);
  assertEquals(test.begun.length, length);
  test.set(test.backends[0]!, true);
  test.run(5_200);
  assertEquals(test.begun.at(-1)![0], 5_150, "soon again");
});

Deno.test("connect checks: a backend has one at a time, however long it takes, and each result is reported", () => {
  const test = new CheckTest(1);
  test.run(10_000);
  assertEquals([test.begun.length, test.checks.running, test.results], [1, 1, []]);
  test.pending[0]!(REFUSED);
  test.run(20_000);
  assertEquals([test.begun.length, test.results], [2, [["a", REFUSED]]]);
  test.pending[1]!(undefined);
  assertEquals([test.checks.running, test.results.at(-1)], [0, ["a", undefined]]);
});

Deno.test("connect checks: there are no more than a hundred at a time, and those that waited longest come first", () => {
  const test = new CheckTest(250);
  test.run(100);
  assertEquals(test.checks.running, MAX_RUNNING_CHECKS);
  for (const done of test.pending.splice(0)) done(REFUSED);
  test.run(200);
  for (const done of test.pending.splice(0)) done(REFUSED);
  test.run(300);
  const counts = new Set(test.begun.slice(0, 250).map(([, name]) => name)).size;
  assertEquals(counts, 250, "each once before any twice");
});

Deno.test("connect checks: 500 backends that refuse get 250 a second together, each every two seconds", () => {
  const test = new CheckTest(500, REFUSED, seeded(2));
  test.run(30_000);
  const late = test.begun.filter(([at]) => at > 10_000 && at <= 30_000);
  assert(Math.abs(late.length / 20 - 250) < 15, `${late.length / 20} a second`);
  const last = new Map<string, number>();
  let longest = 0;
  for (const [at, name] of test.begun) {
    longest = Math.max(longest, at - (last.get(name) ?? 0));
    last.set(name, at);
  }
  assert(longest <= 2_600, `${longest} ms`);
});
