/** The field lines of a backend's answer, as Deno.serve gets them. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Field } from "../../../lib/http/headers.ts";
import type { WebResponse } from "../../../lib/engines/web/web_response.ts";
import { rawFields } from "../../../lib/engines/web/raw_fields.ts";
import { forwardedResponse } from "../../../lib/engines/web/respond.ts";

const GET = { method: "GET", version: "1.1" } as const;

const NOTHING = { closing: false, cookies: [], hsts: undefined, changes: undefined };

function linesOf(fields: readonly Field[]): string[] {
  const response = new Response(null, { headers: fields as [string, string][] });
  const answer = { response, bytes: new Uint8Array() } as Partial<WebResponse> as WebResponse;
  return rawFields(forwardedResponse(answer, GET, NOTHING).headers)
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`);
}

for (const name of ["a", "constructor", "__proto__", "toString"]) {
  Deno.test(`respond: a field ${name} arrives as often as it was given`, () => {
    assertEquals(linesOf([[name, "1"], ["b", "2"]]), [`${name.toLowerCase()}: 1`, "b: 2"]);
    assertEquals(linesOf([[name, "1"], [name, "2"]]).length, 2);
  });
}

Deno.test("respond: for any names in any case, each line arrives, those of one name in order", () => {
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
