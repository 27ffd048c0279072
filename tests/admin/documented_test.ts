import { assertEquals } from "@std/assert";
import { metricsText } from "../../lib/admin/metrics.ts";
import { sampleStatus } from "../support/admin_port.ts";

const PAGE = Deno.readTextFileSync(new URL("../../docs/admin.md", import.meta.url));

/** The names of all fields, however deep. */
function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)]);
}

Deno.test("documented: docs/admin.md has every metric with its type and labels, and no other", () => {
  const types = [
    ...metricsText(sampleStatus()).matchAll(/^# TYPE (\S+) (\S+)\n\S+?(?:\{(.*)\})? /gm),
  ]
    .map(([, name, type, labels = ""]) => {
      const names = [...labels.matchAll(/(?:^|,)([a-z]+)="/g)].map(([, name]) => `\`${name}\``);
      return [name, type, names.join(", ")];
    });
  const rows = [...PAGE.matchAll(/^\| `(roundabout_\w+)` +\| (\w+) +\| (.*?) *\|/gm)]
    .map(([, name, type, labels]) => [name, type, labels]);
  assertEquals(rows.sort(), types.sort());
});

Deno.test("documented: docs/admin.md has every field of the status", () => {
  const section = PAGE.slice(PAGE.indexOf("\n## Status"), PAGE.indexOf("\n## Metrics"));
  const words = new Set(section.match(/\w+/g));
  assertEquals(namesIn(sampleStatus()).filter((name) => !words.has(name)), []);
});
