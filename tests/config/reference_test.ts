/** docs/reference.md and roundabout.schema.json say what the schema says. */
import { assertEquals, assertThrows } from "@std/assert";
import { formatJsonSchema } from "../../lib/config/schema/json_schema.ts";
import { VARIABLE_NAMES } from "../../lib/config/source/variables.ts";
import { JSON_SCHEMA, PAGE, withReference } from "../support/reference.ts";

const page = await Deno.readTextFile(PAGE);

/** The names of all settings, at any depth. */
function namesIn(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const own = "properties" in schema ? Object.keys(schema.properties as object) : [];
  return [...own, ...Object.values(schema).flatMap(namesIn)];
}

Deno.test("reference: docs/reference.md is what deno task docs writes", () => {
  assertEquals(page, withReference(page));
});

Deno.test("reference: roundabout.schema.json is what deno task docs writes", async () => {
  assertEquals(await Deno.readTextFile(JSON_SCHEMA), formatJsonSchema());
});

Deno.test("reference: the page has each setting of the JSON Schema, and each variable", () => {
  // What an object with one name may be stands in the row of the setting: { "file": … }.
  const isShown = (name: string) =>
    new RegExp(`^\\| \`(?:\\S*\\.)?${RegExp.escape(name)}\``, "m").test(page) ||
    page.includes(`{ "${name}": … }`) || page.includes(`\n## ${name}\n`) || name === "defaults";
  const names = new Set(namesIn(JSON.parse(formatJsonSchema())));
  assertEquals([...names].filter((name) => !isShown(name)), []);
  assertEquals(VARIABLE_NAMES.filter((name) => !page.includes(` \`${name}\` `)), []);
});

Deno.test("reference: a page that has lost its marks is not overwritten", () => {
  assertThrows(() => withReference("# Reference\n"), Error, "no marks");
});
