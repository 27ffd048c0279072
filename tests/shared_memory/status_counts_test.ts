import { assertEquals } from "@std/assert";
import {
  STATUS_CLASSES,
  StatusCounts,
  STATUSES,
  sumCounts,
} from "../../lib/shared_memory/status_counts.ts";

Deno.test("status counts: statuses are counted by their class, or each by itself, over all workers", () => {
  for (
    const [size, expected] of [
      [STATUS_CLASSES, [[100, 1], [200, 3], [400, 1], [500, 2]]],
      [STATUSES, [[101, 1], [200, 2], [299, 1], [404, 1], [503, 1], [599, 1]]],
    ] as const
  ) {
    const workers = [new Float64Array(size), new Float64Array(size)];
    const [one, other] = workers.map((counts) => new StatusCounts(counts));
    for (const status of [101, 200, 404, 599]) one!.count(status);
    for (const status of [200, 299, 503]) other!.count(status);
    assertEquals(sumCounts(workers), expected.map(([status, count]) => [status, count]));
  }
});

Deno.test("status counts: a response that was not sent, or has no status of HTTP, is not counted", () => {
  const counts = new Float64Array(STATUS_CLASSES);
  for (const status of [0, 99, 600, 1_000]) new StatusCounts(counts).count(status);
  assertEquals(sumCounts([counts]), []);
});
