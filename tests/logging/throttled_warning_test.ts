import { assertEquals } from "@std/assert";
import { throttledWarning } from "../../lib/logging/throttled_warning.ts";

Deno.test("throttled warning: trouble that goes on is reported once, and again after ten seconds without it", () => {
  let now = 0;
  const reports: string[] = [];
  const warn = throttledWarning((warning) => reports.push(`${now} ${warning}`), () => now);
  for (now = 0; now <= 60_000; now += 1_000) warn("full");
  now = 60_000 + 9_999;
  warn("full");
  now += 10_000;
  warn("full");
  assertEquals(reports, ["0 full", "79999 full"]);
});
