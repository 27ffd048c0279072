import { assertEquals } from "@std/assert";
import { figureOf, markdown, ratiosOf, shown } from "./figures.ts";
import { rotated } from "./runs.ts";

Deno.test("rounds come to their median, the least and the most", () => {
  assertEquals(figureOf([3, 1, 2]), { median: 2, least: 1, most: 3 });
  assertEquals(figureOf([4, 1]), { median: 2.5, least: 1, most: 4 });
  assertEquals(figureOf([]), { median: NaN, least: NaN, most: NaN });
});

Deno.test("ratios are of the same round, and a round that one of the two lacks makes none", () => {
  const run = (round: number, value: number) => ({
    ...{ proxy: "a", workers: 1, workload: "small" },
    ...{ round, value },
  });
  const ratios = ratiosOf(
    [run(1, 10), run(2, 40), run(3, 1)],
    [run(2, 20), run(1, 10)],
    ({ value }) => value,
  );
  assertEquals(ratios, [1, 2]);
});

Deno.test("a figure is shown with its spread, and as a dash where there is none", () => {
  assertEquals(shown({ median: 12345.6, least: 9, most: 20000 }, 0), "12,346 (9 – 20,000)");
  assertEquals(shown({ median: -0.5, least: -1, most: 0.25 }, 2), "-0.50 (-1.00 – 0.25)");
  assertEquals(shown(figureOf([]), 1), "–");
});

Deno.test("a table sets text to the left and numbers to the right", () => {
  assertEquals(
    markdown(["Proxy", "Requests/s"], [["nginx", "1"]], 1),
    "| Proxy | Requests/s |\n| --- | --: |\n| nginx | 1 |\n",
  );
});

Deno.test("each round begins with another one", () => {
  assertEquals(rotated(["a", "b", "c"], 1), ["a", "b", "c"]);
  assertEquals(rotated(["a", "b", "c"], 3), ["c", "a", "b"]);
  assertEquals(rotated(["a", "b", "c"], 4), ["a", "b", "c"]);
  assertEquals(rotated([], 2), []);
});
