import { assertEquals } from "@std/assert";
import { bar, sparkline, table } from "../../../lib/simulate/report/chart.ts";

Deno.test("chart: a sparkline goes from a dot for nothing over the lowest bar for a few to the highest for the top", () => {
  assertEquals(sparkline([0, 0.1, 1, 2, 3, 4, 5, 6, 7], 7), "·▁▂▃▄▅▆▇█");
  assertEquals(sparkline([0, 1, 7], 14), "·▂▅");
  assertEquals(sparkline([0, 0], 0), "··");
});

Deno.test("chart: a bar is as long as its share, and at least one character", () => {
  assertEquals([bar(1, 4), bar(0.5, 4), bar(0, 4)], ["████", "██", "█"]);
});

Deno.test("chart: a table's first column is to the left, the others to the right unless told", () => {
  assertEquals(
    table([["name", "x", "y"], ["a", "100", "z"], ["b"]], [2]),
    "name    x  y\na     100  z\nb\n",
  );
});
