import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { PLACEHOLDERS } from "../../lib/config/values/placeholders.ts";
import { compileTemplate, type Placeholder } from "../../lib/routing/template.ts";
import { anyText } from "../support/any_text.ts";

for (
  const [text, expected] of [
    ["edge", "edge"],
    ["", ""],
    ["{client}", "<client>"],
    ["a {client}-{route}!", "a <client>-<route>!"],
    ["{client}{client}", "<client><client>"],
    ["{ client }", "{ client }"],
    ["{}", "{}"],
    ["{{host}}", "{<host>}"],
    ["{Client}", "{Client}"],
  ] as const
) {
  Deno.test(`template: ${JSON.stringify(text)} becomes ${JSON.stringify(expected)}`, () => {
    assertEquals(compileTemplate(text)((name) => `<${name}>`), expected);
  });
}

Deno.test("template: only what is used is asked for, each time", () => {
  const asked: string[] = [];
  const template = compileTemplate("{host} {path}");
  const fill = (name: Placeholder) => {
    asked.push(name);
    return "";
  };
  template(fill);
  template(fill);
  assertEquals(asked, ["host", "path", "host", "path"]);
});

Deno.test("template: what is filled in is not filled in again", () => {
  const template = compileTemplate("{path}|{host}");
  assertEquals(template((name) => name === "path" ? "{host}{client}" : "x"), "{host}{client}|x");
});

Deno.test("template: nothing that is filled in can begin a line, or be what a field cannot hold", () => {
  const units = anyText({ maxLength: 30 });
  const lone = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
    .map((codes) => String.fromCharCode(...codes));
  fc.assert(
    fc.property(fc.oneof(units, lone), fc.constantFrom(...PLACEHOLDERS), (value, placeholder) => {
      const filled = compileTemplate(`a {${placeholder}} b`)(() => value);
      assertMatch(filled, /^[\t\x20-\x7e]*$/);
      assert(filled.startsWith("a ") && filled.endsWith(" b"));
    }),
    { seed: 20261127, numRuns: 5000 },
  );
});

Deno.test("template: visible ASCII is filled in as it is", () => {
  const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");
  assertEquals(compileTemplate("{path}")(() => ascii), ascii);
  assertEquals(compileTemplate("{path}")(() => "\u00e4\r\n\0"), "%C3%A4%0D%0A%00");
});
