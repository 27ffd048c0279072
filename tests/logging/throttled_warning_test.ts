import { assertEquals } from "@std/assert";
import { throttledWarning } from "../../lib/logging/throttled_warning.ts";

Deno.test("tell rarely: trouble that goes on is told once, and again after ten seconds without it", () => {
  let now = 0;
  const told: string[] = [];
  const tell = throttledWarning((warning) => told.push(`${now} ${warning}`), () => now);
  for (now = 0; now <= 60_000; now += 1_000) tell("full");
  now = 60_000 + 9_999;
  tell("full");
  now += 10_000;
  tell("full");
  assertEquals(told, ["0 full", "79999 full"]);
});
