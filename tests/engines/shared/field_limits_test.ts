import { assertEquals } from "@std/assert";
import { refuseHeadSize } from "../../../lib/engines/shared/field_limits.ts";

for (
  const [target, head, max, status] of [
    [500, 1_000, 1_000, undefined],
    [501, 1_000, 1_000, 414],
    [501, 5_000, 1_000, 414],
    [500, 1_001, 1_000, 431],
    [0, Infinity, 1_000, 431],
    [500, 1_001, 1_001, undefined],
  ] as const
) {
  Deno.test(`field limits: a target of ${target} bytes in a head of ${head} gets ${status} with a limit of ${max}`, () => {
    assertEquals(refuseHeadSize(target, head, max)?.status, status);
  });
}
