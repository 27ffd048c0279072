import { assertEquals } from "@std/assert";
import { cpuBetween } from "./cpu.ts";
import { parseSize } from "./memory.ts";
import { isNoisy, noiseWarnings, parseCoreTimes } from "./noise.ts";
import { parseStat, TICK_NS } from "./proc.ts";

Deno.test("a program's name may contain brackets, spaces and numbers", () => {
  const line = "42 (a) R 7 (b)) S 12 42 42 0 -1 4194560 1 0 0 0 250 50 9 9 20 0 1 0 100 1 1";
  assertEquals(parseStat(line), { pid: 42, parent: 12, ticks: 300 });
});

Deno.test("CPU time is summed over threads, new ones included", () => {
  const before = { threads: new Map([[1, 1_000], [2, 500]]), coarse: 0 };
  const after = { threads: new Map([[1, 1_700], [2, 500], [3, 50]]), coarse: TICK_NS };
  assertEquals(cpuBetween(before, after), 750);
});

Deno.test("if a thread has ended, the coarse time that includes it is used", () => {
  const before = { threads: new Map([[1, 1_000], [2, 500]]), coarse: TICK_NS };
  const after = { threads: new Map([[1, 1_700]]), coarse: 4 * TICK_NS };
  assertEquals(cpuBetween(before, after), 3 * TICK_NS);
});

Deno.test("a size is read in bytes from the line with exactly that name", () => {
  const text = "Rss:               99 kB\nPss_Dirty:          7 kB\nPss:               12 kB\n";
  assertEquals(parseSize(text, "Pss"), 12 * 1024);
  assertEquals(parseSize("", "Pss"), 0);
});

Deno.test("core times are summed over the given cores, without interrupts", () => {
  const text = "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 2 3 50 60 70 80 4 0 0\n" +
    "cpu1 10 20 30 50 60 70 80 40 0 0\ncpu10 5 5 5 5 5 5 5 5 0 0\nintr 1 2 3\n";
  assertEquals(parseCoreTimes(text, [0, 1]), { busy: 66 * TICK_NS, stolen: 44 * TICK_NS });
  assertEquals(parseCoreTimes(text, [1]), { busy: 60 * TICK_NS, stolen: 40 * TICK_NS });
});

Deno.test("a measurement is noisy if its core was slow, fast, used by others or stolen from", () => {
  const quiet = { calibration: 50, others: 0.01, stolen: 0 };
  assertEquals(isNoisy(quiet, 50), false);
  assertEquals(isNoisy({ ...quiet, calibration: 60 }, 50), true);
  assertEquals(isNoisy({ ...quiet, calibration: 40 }, 50), true);
  assertEquals(isNoisy({ ...quiet, others: 0.1 }, 50), true);
  assertEquals(isNoisy({ ...quiet, others: undefined }, 50), false);
  assertEquals(isNoisy({ ...quiet, stolen: 0.1 }, 50), true);
});

Deno.test("there is a warning about a noisy machine, and none about a quiet one", () => {
  const quiet = { noise: { calibration: 50, others: 0, stolen: 0 } };
  assertEquals(noiseWarnings([quiet, quiet]), []);
  assertEquals(noiseWarnings([]), []);
  const slow = { noise: { calibration: 100, others: 0.2, stolen: 0 } };
  assertEquals(noiseWarnings([quiet, quiet, slow]), [
    "The machine was noisy during 1 of 3 measurements: the calibration work took 50.0 (50.0 – 100.0) ms; " +
    "other processes used up to 20 % of the proxy's cores, the hypervisor up to 0 %",
  ]);
});
