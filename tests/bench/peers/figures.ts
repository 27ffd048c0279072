/** Statistics over the rounds of one contender, and how they are written. */
import { median } from "../quantiles.ts";
import type { RunKey } from "./runs.ts";

export interface Figure {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** @returns NaN for each statistic if there are no numbers */
export function summarize(numbers: readonly number[]): Figure {
  return {
    median: numbers.length === 0 ? NaN : median(numbers),
    least: numbers.length === 0 ? NaN : Math.min(...numbers),
    most: numbers.length === 0 ? NaN : Math.max(...numbers),
  };
}

/**
 * Divides the values of one contender by those of another, round by round: if the machine is slow during a
 * round, that affects both, so it cancels out, unlike in the ratio of two medians.
 */
export function computeRatios<Run extends RunKey>(
  runs: readonly Run[],
  others: readonly Run[],
  getValue: (run: Run) => number,
): number[] {
  return runs.flatMap((run) => {
    const other = others.find(({ round }) => round === run.round);
    return other === undefined ? [] : getValue(run) / getValue(other);
  });
}

/** The median, and in brackets the range over all rounds. */
export function shown({ median, least, most }: Figure, digits: number): string {
  const text = (number: number) =>
    number.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return Number.isNaN(median) ? "–" : `${text(median)} (${text(least)} – ${text(most)})`;
}

/** Formats a table in Markdown. @param textColumns how many columns are text; the others are numbers */
export function markdown(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns: number,
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  const rule = head.map((_, index) => index < textColumns ? "---" : "--:");
  return [head, rule, ...rows].map(line).join("");
}
