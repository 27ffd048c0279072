import { assertEquals } from "@std/assert";
import { drawBar, drawSparkline, formatTable } from "../../../lib/simulate/report/chart.ts";

Deno.test("chart: a sparkline shows 0 as a dot, small values as the lowest bar and the top value as the highest", () => {
  assertEquals(drawSparkline([0, 0.1, 1, 2, 3, 4, 5, 6, 7], 7), "·▁▂▃▄▅▆▇█");
  assertEquals(drawSparkline([0, 1, 7], 14), "·▂▅");
  assertEquals(drawSparkline([0, 0], 0), "··");
});

Deno.test("chart: a bar is as long as its share of the width, and at least one character", () => {
  assertEquals([drawBar(1, 4), drawBar(0.5, 4), drawBar(0, 4)], ["████", "██", "█"]);
});

Deno.test("chart: the first column of a table is aligned to the left, the others to the right unless named", () => {
  assertEquals(
    formatTable([["name", "x", "y"], ["a", "100", "z"], ["b"]], [2]),
    "name    x  y\na     100  z\nb\n",
  );
});
