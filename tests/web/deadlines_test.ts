import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Deadlines, TICK_MS, Waiting } from "../../lib/web/deadlines.ts";

class Probe extends Waiting {
  readonly calls: string[] = [];

  override watch(): void {
    this.calls.push("watch");
  }

  override expire(): void {
    this.calls.push("expire");
  }
}

/** Time that passes when told to, in place of the interval timers of this thread. */
class FakeTime implements Disposable {
  now = 1_000;
  readonly #intervals = new Map<number, { callback: () => void; every: number; next: number }>();
  readonly #real = { setInterval: globalThis.setInterval, clearInterval: globalThis.clearInterval };
  #ids = 0;

  constructor() {
    const setInterval = (callback: () => void, every = 0) => {
      this.#intervals.set(++this.#ids, { callback, every, next: this.now + every });
      return this.#ids;
    };
    const clearInterval = (id?: number) => void this.#intervals.delete(id ?? 0);
    Object.assign(globalThis, { setInterval, clearInterval });
  }

  get running(): number {
    return this.#intervals.size;
  }

  pass(milliseconds: number): void {
    for (const end = this.now + milliseconds; this.now < end;) {
      this.now++;
      for (const interval of [...this.#intervals.values()]) {
        if (interval.next > this.now) continue;
        interval.next += interval.every;
        interval.callback();
      }
    }
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, this.#real);
  }
}

/** A clock with a timeout of 200 ms. */
function start() {
  const time = new FakeTime();
  const deadlines = new Deadlines(200, () => time.now);
  return { time, deadlines };
}

const waits = (probe: Probe) => probe.place !== undefined;

Deno.test("Deadlines: who waits past the timeout expires once, and was watched once before", () => {
  const { time, deadlines } = start();
  using _time = time;
  const probe = new Probe();
  deadlines.begin(probe);
  time.pass(1_000);
  assertEquals([probe.calls, waits(probe)], [["watch", "expire"], false]);
});

for (const phase of [0, 1, 25, TICK_MS - 1]) {
  Deno.test(`Deadlines: begun ${phase} ms into a tick, nothing comes early nor two ticks late`, () => {
    const { time, deadlines } = start();
    using _time = time;
    deadlines.begin(new Probe()); // starts the ticks
    time.pass(phase);
    const probe = new Probe();
    deadlines.begin(probe);
    time.pass(TICK_MS - phase - 1);
    assertEquals(probe.calls, [], "within its first tick nobody is watched");
    time.pass(2 * TICK_MS - (TICK_MS - phase - 1));
    assertEquals(probe.calls, ["watch"]);
    time.pass(199 - 2 * TICK_MS);
    assertEquals([probe.calls, waits(probe)], [["watch"], true]);
    time.pass(2 * TICK_MS);
    assertEquals([probe.calls, waits(probe)], [["watch", "expire"], false]);
  });
}

Deno.test("Deadlines: a touch postpones the end, again and again, and does not watch twice", () => {
  const { time, deadlines } = start();
  using _time = time;
  const probe = new Probe();
  deadlines.begin(probe);
  for (let touches = 0; touches < 5; touches++) {
    time.pass(190);
    deadlines.touch(probe);
  }
  assertEquals([probe.calls, waits(probe)], [["watch"], true]);
  time.pass(200 + 2 * TICK_MS);
  assertEquals(probe.calls, ["watch", "expire"]);
});

Deno.test("Deadlines: one who is touched within each tick is never watched", () => {
  const { time, deadlines } = start();
  using _time = time;
  const probe = new Probe();
  deadlines.begin(probe);
  for (let touches = 0; touches < 50; touches++) {
    time.pass(20);
    deadlines.touch(probe);
  }
  assertEquals(probe.calls, []);
});

Deno.test("Deadlines: one who has ended is never called", () => {
  const { time, deadlines } = start();
  using _time = time;
  const [early, late, waiting] = [new Probe(), new Probe(), new Probe()];
  for (const probe of [early, late, waiting]) deadlines.begin(probe);
  deadlines.end(early);
  time.pass(120);
  deadlines.end(late);
  time.pass(1_000);
  assertEquals(early.calls, []);
  assertEquals(late.calls, ["watch"]);
  assertEquals(waiting.calls, ["watch", "expire"]);
});

Deno.test("Deadlines: one that ends another in its last moment keeps it from being called", () => {
  const { time, deadlines } = start();
  using _time = time;
  const second = new Probe();
  const first = new class extends Probe {
    override expire() {
      super.expire();
      deadlines.end(second);
    }
  }();
  deadlines.begin(first);
  deadlines.begin(second);
  time.pass(1_000);
  assertEquals([first.calls, second.calls], [["watch", "expire"], ["watch"]]);
});

Deno.test("Deadlines: whoever ends, in whatever order, the others expire", () => {
  const places = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7]);
  fc.assert(fc.property(places, (ending) => {
    const { time, deadlines } = start();
    using _time = time;
    const probes = Array.from({ length: 8 }, () => new Probe());
    for (const probe of probes) deadlines.begin(probe);
    for (const place of ending) deadlines.end(probes[place]!);
    time.pass(1_000);
    const expired = probes.map(({ calls }) => calls.includes("expire"));
    assertEquals(expired, probes.map((_, place) => !ending.includes(place)));
  }));
});

Deno.test("Deadlines: each one expires by its own clock", () => {
  const { time, deadlines } = start();
  using _time = time;
  const [first, second] = [new Probe(), new Probe()];
  deadlines.begin(first);
  time.pass(150);
  deadlines.begin(second);
  time.pass(150);
  assertEquals([first.calls, second.calls], [["watch", "expire"], ["watch"]]);
  time.pass(150);
  assertEquals(second.calls, ["watch", "expire"]);
});

Deno.test("Deadlines: after close nobody is called", () => {
  const { time, deadlines } = start();
  using _time = time;
  const probe = new Probe();
  deadlines.begin(probe);
  time.pass(120);
  deadlines.close();
  time.pass(1_000);
  assertEquals([probe.calls, time.running], [["watch"], 0]);
  const later = new Probe();
  deadlines.begin(later);
  time.pass(1_000);
  assertEquals([probe.calls, later.calls], [["watch"], ["watch", "expire"]]);
});

Deno.test("Deadlines: the clock runs only while somebody waits, one for all", () => {
  const { time, deadlines } = start();
  using _time = time;
  assertEquals(time.running, 0);
  const probes = [new Probe(), new Probe(), new Probe()];
  for (const probe of probes) deadlines.begin(probe);
  assertEquals(time.running, 1);
  for (const probe of probes) deadlines.end(probe);
  time.pass(TICK_MS);
  assertEquals(time.running, 0);
  const again = new Probe();
  deadlines.begin(again);
  time.pass(300);
  assertEquals(again.calls, ["watch", "expire"]);
});

Deno.test("Deadlines: with real timers, too, the end comes after the timeout", async () => {
  const deadlines = new Deadlines(60);
  const began = performance.now();
  const expired = await new Promise<number>((resolve) => {
    const waiting = new Probe();
    waiting.expire = () => resolve(performance.now());
    deadlines.begin(waiting);
  });
  deadlines.close();
  assertEquals(expired - began >= 60, true);
});
