/** Numbers as text: tables, bars and sparklines. */

const LEVELS = "▁▂▃▄▅▆▇█";

const ZERO = "·";

const BAR = "█";

/**
 * Draws values as a line of bars, one character each; 0 is a dot, as the lowest bar may be a few.
 *
 * @param top the value of the highest bar, 0 or more
 */
export function drawSparkline(values: readonly number[], top: number): string {
  const highest = LEVELS.length - 1;
  return values.map((value) => value === 0 ? ZERO : LEVELS[Math.round(value / top * highest)])
    .join("");
}

/**
 * Draws a bar of at least one character.
 *
 * @param share of the width, 0 to 1
 * @param width in characters
 */
export function drawBar(share: number, width: number): string {
  return BAR.repeat(Math.max(1, Math.round(share * width)));
}

/**
 * Aligns rows in columns.
 *
 * @param leftAligned the columns beside the first one that are aligned to the left, from 0
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  leftAligned: readonly number[] = [],
): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => widths[column] = Math.max(widths[column] ?? 0, cell.length));
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === 0 || leftAligned.includes(column)
        ? cell.padEnd(widths[column]!)
        : cell.padStart(widths[column]!)
    );
    return `${cells.join("  ").trimEnd()}\n`;
  }).join("");
}
