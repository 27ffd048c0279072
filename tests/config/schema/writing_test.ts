/** Each kind of value can be put as a file would write it. */
import { assert, assertEquals } from "@std/assert";
import { z } from "zod";
import { EXAMPLES } from "../../../lib/config/schema/leaf.ts";
import { configuration } from "../../../lib/config/schema/root.ts";
import { itemOf, settingsOf, whenAbsent, writingOf } from "../../../lib/config/schema/walk.ts";

interface Leaf {
  readonly path: string;
  readonly schema: z.ZodType;
}

function leavesOf(schema: z.ZodType, path: string): Leaf[] {
  const item = itemOf(schema);
  return [
    ...(writingOf(schema) === undefined ? [] : [{ path, schema }]),
    ...Object.entries(settingsOf(schema) ?? {}).flatMap(([name, inner]) =>
      leavesOf(inner, `${path}.${name}`)
    ),
    ...(item === undefined ? [] : leavesOf(item, `${path}.*`)),
  ];
}

const LEAVES = leavesOf(configuration, "");

/** Valid values of a schema in the words of a file: its default, its words, its limits and its examples. */
function samplesOf(schema: z.ZodType): unknown[] {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const all = [json, ...json.anyOf ?? []] as Record<string, unknown>[];
  const samples = all.flatMap((one) => [
    one["const"],
    one["minimum"],
    one["maximum"],
    ...(one["enum"] as unknown[] | undefined ?? []),
    ...(one[EXAMPLES] as unknown[] | undefined ?? []),
    ...(one["type"] === "boolean" ? [true, false] : []),
  ]);
  return [whenAbsent(schema), ...samples].filter((sample) => sample !== undefined);
}

Deno.test("writing: there is a sample of nearly every setting", () => {
  assert(LEAVES.length > 120, `${LEAVES.length}`);
  const without = LEAVES.filter(({ schema }) => samplesOf(schema).length === 0);
  assert(without.length < 40, without.map(({ path }) => path).join(", "));
});

Deno.test("writing: a value that is read, written and read again is the same", () => {
  for (const { path, schema } of LEAVES) {
    for (const sample of samplesOf(schema)) {
      const value = schema.parse(sample);
      const written = writingOf(schema)!(value);
      assert(["string", "number", "boolean"].includes(typeof written), `${path}: ${written}`);
      assertEquals(schema.parse(written), value, path);
    }
  }
});

for (
  const [path, value, written] of [
    ["timeouts.drain", 90_000, "90s"],
    ["timeouts.drain", 0, "0s"],
    ["limits.headerSize", 16 * 1024, "16KiB"],
    ["limits.bodySize", 10 * 1024 * 1024, "10MiB"],
    ["limits.bodySize", Infinity, "off"],
    ["log.sample", 0.07, "7%"],
    ["log.sample", Infinity, "off"],
    ["workers", "auto", "auto"],
    ["instance", undefined, "random"],
    ["defaults.slowStart", 0, "off"],
    ["defaults.retry.attempts", Infinity, "all"],
    ["defaults.retry.onStatus", [[502, 504], [429, 429]], "502-504,429"],
    ["defaults.policy.on", { by: "header", name: "X-User" }, "header:X-User"],
    ["routes.*.rateLimit.rate", { requests: 30, perMs: 60_000 }, "30/m"],
    ["listeners.*.mode", 0o660, "0660"],
  ] as const
) {
  Deno.test(`writing: ${path} of ${Deno.inspect(value)} is written ${written}`, () => {
    const { schema } = LEAVES.find((leaf) => leaf.path === `.${path}`)!;
    assertEquals(writingOf(schema)!(value), written);
  });
}
