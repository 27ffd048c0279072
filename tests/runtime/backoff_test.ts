import { assertEquals } from "@std/assert";
import { nextBackoff } from "../../lib/runtime/backoff.ts";

Deno.test("backoff: the wait before a restart doubles with each death, up to five seconds", () => {
  const waits: number[] = [];
  for (let death = 0; death < 8; death++) waits.push(nextBackoff(waits.at(-1), 0));
  assertEquals(waits, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
});

Deno.test("backoff: the wait starts over after a worker has lived for ten seconds", () => {
  assertEquals(nextBackoff(5_000, 9_999), 5_000);
  assertEquals(nextBackoff(5_000, 10_000), 100);
});
