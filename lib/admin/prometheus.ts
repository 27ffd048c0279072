/** Writes Prometheus's text format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). */

/** Labels as {@linkcode labelsOf} formats them; empty if there are none. */
export type Sample = readonly [labels: string, value: number];

/**
 * The lines of one metric; none if it has no samples. Two samples with the same labels would make Prometheus
 * refuse all metrics: only the first one is written.
 *
 * @param help one line
 */
export function family(
  name: string,
  type: "counter" | "gauge",
  help: string,
  samples: Iterable<Sample>,
): string {
  const seen = new Set<string>();
  let lines = "";
  for (const [labels, value] of samples) {
    if (seen.has(labels)) continue;
    seen.add(labels);
    lines += `${name}${labels} ${value}\n`;
  }
  return lines === "" ? "" : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines}`;
}

/** Formats labels; those that several metrics share are formatted once. */
export function labelsOf(labels: Readonly<Record<string, string>>): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return `{${all.join(",")}}`;
}

const SPECIAL = /[\\"\n]/;
const SPECIAL_EACH = /[\\"\n]/g;

function escapeValue(value: string): string {
  return SPECIAL.test(value)
    ? value.replace(SPECIAL_EACH, (sign) => sign === "\n" ? "\\n" : `\\${sign}`)
    : value;
}
