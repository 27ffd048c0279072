import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Field } from "../../../lib/http/headers.ts";
import { headersInit } from "../../../lib/engines/web/headers_init.ts";
import { rawFields } from "../../../lib/engines/web/raw_fields.ts";

const linesOf = (fields: readonly Field[]) =>
  rawFields(new Response(null, { headers: headersInit(fields) }).headers)
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`);

Deno.test("headersInit: lines whose names are unique become a record", () => {
  assertEquals(headersInit([["a", "1"], ["b", "2"]]), { a: "1", b: "2" });
});

for (const name of ["a", "constructor", "__proto__", "toString"]) {
  Deno.test(`headersInit: a field ${name} arrives as often as it was given`, () => {
    assertEquals(linesOf([[name, "1"], ["b", "2"]]), [`${name.toLowerCase()}: 1`, "b: 2"]);
    assertEquals(linesOf([[name, "1"], [name, "2"]]).length, 2);
  });
}

Deno.test("headersInit: for any names in any case, each line arrives, those of one name in order", () => {
  const names = fc.constantFrom(
    "a",
    "A",
    "accept-encoding",
    "Accept-Encoding",
    "set-cookie",
    "x",
    "X",
    "7",
  );
  const fields = fc.array(fc.tuple(names, fc.constantFrom("1", "2", "3")), { maxLength: 12 });
  fc.assert(fc.property(fields, (fields) => {
    const byName = (lines: readonly string[]) =>
      lines.toSorted((a, b) => a.split(":")[0]!.localeCompare(b.split(":")[0]!));
    const expected = fields.map(([name, value]) => `${name.toLowerCase()}: ${value}`);
    assertEquals(byName(linesOf(fields)), byName(expected));
  }));
});
