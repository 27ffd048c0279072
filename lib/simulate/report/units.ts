/** Numbers with their units, as the text report shows them. */

/** One decimal, without a unit. */
export function formatMilliseconds(milliseconds: number): string {
  return milliseconds.toFixed(1);
}

export function formatSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Two decimals; only 0 is shown as 0.00%, and only 1 as 100.00%. @param share 0 or more */
export function formatPercent(share: number): string {
  const text = `${(share * 100).toFixed(2)}%`;
  if (share > 0 && text === "0.00%") return "<0.01%";
  return share < 1 && text === "100.00%" ? ">99.99%" : text;
}

/** `1 request`, `2 requests`. @param noun in the singular */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
