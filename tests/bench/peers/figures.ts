/** What the rounds of one contender come to. */
import { median } from "../quantiles.ts";
import type { RunOf } from "./runs.ts";

export interface Figure {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** NaN where there are no numbers. */
export function figureOf(numbers: readonly number[]): Figure {
  return {
    median: numbers.length === 0 ? NaN : median(numbers),
    least: numbers.length === 0 ? NaN : Math.min(...numbers),
    most: numbers.length === 0 ? NaN : Math.max(...numbers),
  };
}

/**
 * The ratios of two contenders, of one round each: what was slow in one round was so for both of them, which
 * the ratio of two medians would not know.
 */
export function ratiosOf<Run extends RunOf>(
  runs: readonly Run[],
  others: readonly Run[],
  valueOf: (run: Run) => number,
): number[] {
  return runs.flatMap((run) => {
    const other = others.find(({ round }) => round === run.round);
    return other === undefined ? [] : valueOf(run) / valueOf(other);
  });
}

/** The median, and in brackets from where to where the rounds went. */
export function shown({ median, least, most }: Figure, digits: number): string {
  const text = (number: number) =>
    number.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return Number.isNaN(median) ? "–" : `${text(median)} (${text(least)} – ${text(most)})`;
}

/** A table in Markdown; first columns are text, the others numbers. */
export function markdown(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns: number,
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  const rule = head.map((_, index) => index < textColumns ? "---" : "--:");
  return [head, rule, ...rows].map(line).join("");
}
