import { assertEquals } from "@std/assert";
import { computeRatios, markdown, shown, summarize } from "./figures.ts";
import { rotate } from "./runs.ts";

Deno.test("rounds are summarized by their median, least and most", () => {
  assertEquals(summarize([3, 1, 2]), { median: 2, least: 1, most: 3 });
  assertEquals(summarize([4, 1]), { median: 2.5, least: 1, most: 4 });
  assertEquals(summarize([]), { median: NaN, least: NaN, most: NaN });
});

Deno.test("values are divided by those of the same round, and rounds that either contender lacks are omitted", () => {
  const run = (round: number, value: number) => ({
    ...{ proxy: "a", workers: 1, workload: "small" },
    ...{ round, value },
  });
  const ratios = computeRatios(
    [run(1, 10), run(2, 40), run(3, 1)],
    [run(2, 20), run(1, 10)],
    ({ value }) => value,
  );
  assertEquals(ratios, [1, 2]);
});

Deno.test("a figure is shown with its range, or as a dash if there are no numbers", () => {
  assertEquals(shown({ median: 12345.6, least: 9, most: 20000 }, 0), "12,346 (9 – 20,000)");
  assertEquals(shown({ median: -0.5, least: -1, most: 0.25 }, 2), "-0.50 (-1.00 – 0.25)");
  assertEquals(shown(summarize([]), 1), "–");
});

Deno.test("a table aligns text left and numbers right", () => {
  assertEquals(
    markdown(["Proxy", "Requests/s"], [["nginx", "1"]], 1),
    "| Proxy | Requests/s |\n| --- | --: |\n| nginx | 1 |\n",
  );
});

Deno.test("each round begins with the next item", () => {
  assertEquals(rotate(["a", "b", "c"], 1), ["a", "b", "c"]);
  assertEquals(rotate(["a", "b", "c"], 3), ["c", "a", "b"]);
  assertEquals(rotate(["a", "b", "c"], 4), ["a", "b", "c"]);
  assertEquals(rotate([], 2), []);
});
