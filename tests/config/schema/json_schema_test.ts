/** The JSON Schema that editors use: it is current, and agrees with the schema that it is made of. */
import { assert, assertEquals } from "@std/assert";
import type { z } from "zod";
import { defaultOf } from "../../../lib/config/schema/default_of.ts";
import { formatJsonSchema } from "../../../lib/config/schema/json_schema.ts";
import { configuration } from "../../../lib/config/schema/root.ts";
import { itemOf, settingsOf, whenAbsent } from "../../../lib/config/schema/walk.ts";
import { EXAMPLE } from "../../support/example_configuration.ts";
import { validate } from "../../support/json_schema.ts";

const TEXT = formatJsonSchema();
const SCHEMA = JSON.parse(TEXT);

interface Described {
  readonly path: string;
  readonly schema: z.ZodType;
  readonly json: Record<string, unknown>;
}

/** All settings, each with its schema and what editors get of it. `*` stands for any name or place. */
function settings(schema: z.ZodType, json: Record<string, unknown>, path: string): Described[] {
  const own: Described = { path, schema, json };
  const objects = [json, ...(json["anyOf"] as Record<string, unknown>[] | undefined ?? [])];
  const named = Object.entries(settingsOf(schema) ?? {}).flatMap(([name, inner]) => {
    const found = objects.map(({ properties }) =>
      (properties as Record<string, Record<string, unknown>> | undefined)?.[name]
    ).find((property) => property !== undefined);
    if (found === undefined) throw new Error(`${path}.${name} is missing`);
    return settings(inner, found, path === "" ? name : `${path}.${name}`);
  });
  const item = itemOf(schema);
  const itemJson = objects.map(({ items, additionalProperties }) => items ?? additionalProperties)
    .find((found) => typeof found === "object") as Record<string, unknown> | undefined;
  const items = item && itemJson ? settings(item, itemJson, `${path}.*`) : [];
  return [own, ...named, ...items];
}

const ALL = settings(configuration, SCHEMA, "");

/** Whether zod accepts a value. */
const accepts = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success;

Deno.test("json schema: roundabout.schema.json is what check --schema prints", () => {
  const file = Deno.readTextFileSync(new URL("../../../roundabout.schema.json", import.meta.url));
  assertEquals(file, TEXT, "write it anew: main.ts check --schema > roundabout.schema.json");
});

Deno.test("json schema: it has every setting", () => {
  assert(ALL.length > 150, `${ALL.length}`);
});

Deno.test("json schema: every setting has a description: a short sentence", () => {
  for (const { path, json } of ALL) {
    if (path === "" || path.endsWith("*")) continue;
    const description = String(json["description"] ?? "");
    assert(/^(?:[A-Z]|\d{3} ).*[.]$/.test(description), `${path}: ${description}`);
    assert(description.length <= 140, `${path}: ${description}`);
  }
});

Deno.test("json schema: every example is accepted, by the schema and by the JSON Schema", () => {
  let count = 0;
  for (const { path, schema, json } of ALL) {
    for (const { examples } of [json, ...(json["anyOf"] as typeof json[] | undefined ?? [])]) {
      for (const example of examples as unknown[] ?? []) {
        count++;
        assert(accepts(schema, example), `${path}: ${example}`);
        assertEquals(validate(json, example, SCHEMA), [], `${path}: ${example}`);
      }
    }
  }
  assert(count > 100, `${count}`);
});

Deno.test("json schema: every default is that of the schema, and accepted by both", () => {
  let count = 0;
  for (const { path, schema, json } of ALL) {
    const value = whenAbsent(schema);
    assertEquals(json["default"], value, path);
    if (value === undefined) continue;
    count++;
    assert(accepts(schema, value), path);
    assertEquals(validate(json, value, SCHEMA), [], path);
    if (!path.includes("*") && !path.startsWith("defaults.")) {
      assertEquals(defaultOf(path.split(".")), value, path);
    }
  }
  assert(count > 60, `${count}`);
});

Deno.test("json schema: it accepts a file that is right, and sees what is wrong with one", () => {
  const example = JSON.parse(EXAMPLE.replace(/^ *\/\/.*$/m, ""));
  assertEquals(validate(SCHEMA, example, SCHEMA), []);
  assertEquals(validate(SCHEMA, { ...example, engine: "fast", pols: {} }, SCHEMA), [
    "engine: none of the alternatives",
    "pols: no such property",
  ]);
  assertEquals(validate(SCHEMA, {}, SCHEMA), ["pools: missing"]);
});

Deno.test("json schema: a reference may stand in place of each value", () => {
  for (const { path, json } of ALL) {
    if (path === "" || json["type"] === "object" || json["type"] === "array") continue;
    const isObjectOnly = !("anyOf" in json) && !("type" in json) && !("pattern" in json);
    if (isObjectOnly) continue;
    const isReference = validate(json, "${NAME:-text}", SCHEMA);
    // What is an object, or a list, or off, is no value.
    const alternatives = (json["anyOf"] as { type?: string }[] | undefined) ?? [];
    if (alternatives.some(({ type }) => type === "array")) continue;
    assertEquals(isReference, [], path);
  }
});
