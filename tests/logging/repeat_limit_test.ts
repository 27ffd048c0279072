import { assertEquals } from "@std/assert";
import { RepeatLimit } from "../../lib/logging/repeat_limit.ts";

Deno.test("repeat limit: ten lines a minute about one subject; the last one says so, the next minute how many were left out", () => {
  const limit = new RepeatLimit();
  const lines: string[] = [];
  for (let now = 0; now < 60_000; now += 100) {
    const line = limit.admit("a:5000", `at ${now}`, now);
    if (line !== undefined) lines.push(line);
  }
  assertEquals(lines.length, 10);
  assertEquals(lines.slice(8), [
    "at 800",
    "at 900 (further lines about a:5000 are left out for a minute)",
  ]);
  assertEquals(
    limit.admit("a:5000", "x", 60_000),
    "x (lines about a:5000 that were left out: 590)",
  );
  assertEquals(limit.admit("a:5000", "y", 60_001), "y");
});

Deno.test("repeat limit: subjects do not take each other's lines", () => {
  const limit = new RepeatLimit();
  for (let i = 0; i < 20; i++) limit.admit("a:5000", "x", 0);
  assertEquals(limit.admit("b:5000", "y", 0), "y");
});
