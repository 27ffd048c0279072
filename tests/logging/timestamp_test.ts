import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatTime } from "../../lib/logging/timestamp.ts";

Deno.test("timestamp: it is what Date says, whatever was formatted before", () => {
  const times = fc.array(fc.oneof(
    fc.integer({ min: 0, max: 4_000_000_000_000 }),
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_003_000 }),
  ));
  fc.assert(fc.property(times, (times) => {
    assertEquals(times.map(formatTime), times.map((time) => new Date(time).toISOString()));
  }));
});
