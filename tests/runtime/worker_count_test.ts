import { assertEquals } from "@std/assert";
import { workerCount } from "../../lib/runtime/worker_count.ts";

for (
  const [workers, os, expected, warned] of [
    [3, "linux", 3, false],
    ["auto", "linux", 8, false],
    ["auto", "darwin", 1, true],
    [1, "darwin", 1, false],
  ] as const
) {
  Deno.test(`worker count: WORKERS=${workers} on ${os} with 8 cores starts ${expected}`, () => {
    const warnings: string[] = [];
    const count = workerCount(workers, (warning) => warnings.push(warning), { os, cores: 8 });
    assertEquals([count, warnings.length > 0], [expected, warned]);
  });
}
