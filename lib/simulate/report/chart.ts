/** Figures as text: tables, bars and lines of them. */

const LEVELS = "▁▂▃▄▅▆▇█";

const NOTHING = "·";

const BAR = "█";

/**
 * Values as a line of bars, one character each; a dot for 0, so that it is not taken for a few.
 *
 * @param top what the highest bar stands for, 0 or more
 */
export function sparkline(values: readonly number[], top: number): string {
  const highest = LEVELS.length - 1;
  return values.map((value) => value === 0 ? NOTHING : LEVELS[Math.round(value / top * highest)])
    .join("");
}

/** A bar, at least one character long. @param share of the whole width, 0 to 1 */
export function bar(share: number, width: number): string {
  return BAR.repeat(Math.max(1, Math.round(share * width)));
}

/** Rows in columns: the first one to the left, all others to the right, but for those that are told. */
export function table(
  rows: readonly (readonly string[])[],
  toTheLeft: readonly number[] = [],
): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => widths[column] = Math.max(widths[column] ?? 0, cell.length));
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === 0 || toTheLeft.includes(column)
        ? cell.padEnd(widths[column]!)
        : cell.padStart(widths[column]!)
    );
    return `${cells.join("  ").trimEnd()}\n`;
  }).join("");
}
