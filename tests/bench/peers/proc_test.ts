import { assertEquals } from "@std/assert";
import { cpuBetween } from "./cpu.ts";
import { sizeIn } from "./memory.ts";
import { coreTimesIn, isNoisy, noiseWarnings } from "./noise.ts";
import { readStat, TICK } from "./proc.ts";

Deno.test("the name of a program may look like the rest of its line", () => {
  const line = "42 (a) R 7 (b)) S 12 42 42 0 -1 4194560 1 0 0 0 250 50 9 9 20 0 1 0 100 1 1";
  assertEquals(readStat(line), { pid: 42, parent: 12, ticks: 300 });
});

Deno.test("time on a core is summed over threads, new ones included", () => {
  const before = { threads: new Map([[1, 1_000], [2, 500]]), coarse: 0 };
  const after = { threads: new Map([[1, 1_700], [2, 500], [3, 50]]), coarse: TICK };
  assertEquals(cpuBetween(before, after), 750);
});

Deno.test("where a thread has ended, the time that knows of it is taken", () => {
  const before = { threads: new Map([[1, 1_000], [2, 500]]), coarse: TICK };
  const after = { threads: new Map([[1, 1_700]]), coarse: 4 * TICK };
  assertEquals(cpuBetween(before, after), 3 * TICK);
});

Deno.test("sizes are bytes, and of the very name", () => {
  const text = "Rss:               99 kB\nPss_Dirty:          7 kB\nPss:               12 kB\n";
  assertEquals(sizeIn(text, "Pss"), 12 * 1024);
  assertEquals(sizeIn("", "Pss"), 0);
});

Deno.test("times of cores are of those that are asked for, and without interrupts", () => {
  const text = "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 2 3 50 60 70 80 4 0 0\n" +
    "cpu1 10 20 30 50 60 70 80 40 0 0\ncpu10 5 5 5 5 5 5 5 5 0 0\nintr 1 2 3\n";
  assertEquals(coreTimesIn(text, [0, 1]), { busy: 66 * TICK, stolen: 44 * TICK });
  assertEquals(coreTimesIn(text, [1]), { busy: 60 * TICK, stolen: 40 * TICK });
});

Deno.test("a core that is slow or quick, shared or stolen from makes noise", () => {
  const quiet = { calibration: 50, others: 0.01, stolen: 0 };
  assertEquals(isNoisy(quiet, 50), false);
  assertEquals(isNoisy({ ...quiet, calibration: 60 }, 50), true);
  assertEquals(isNoisy({ ...quiet, calibration: 40 }, 50), true);
  assertEquals(isNoisy({ ...quiet, others: 0.1 }, 50), true);
  assertEquals(isNoisy({ ...quiet, others: undefined }, 50), false);
  assertEquals(isNoisy({ ...quiet, stolen: 0.1 }, 50), true);
});

Deno.test("a noisy machine is told of, a quiet one is not", () => {
  const quiet = { noise: { calibration: 50, others: 0, stolen: 0 } };
  assertEquals(noiseWarnings([quiet, quiet]), []);
  assertEquals(noiseWarnings([]), []);
  const slow = { noise: { calibration: 100, others: 0.2, stolen: 0 } };
  assertEquals(noiseWarnings([quiet, quiet, slow]), [
    "The machine was noisy during 1 of 3 measurements: a fixed piece of work took 50.0 (50.0 – 100.0) ms; " +
    "other processes had up to 20 % of the proxy's cores, the hypervisor up to 0 %",
  ]);
});
