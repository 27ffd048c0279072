import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { RouteConfig } from "../../lib/config/model.ts";
import type { Field } from "../../lib/http/headers.ts";
import { changeFields, compileChanges } from "../../lib/routing/header_changes.ts";

type Changes = RouteConfig["requestHeaders"];

const NONE: Changes = { set: {}, add: {}, remove: [] };
const fill = (name: string) => `<${name}>`;

function changed(changes: Partial<Changes>, fields: readonly Field[]): Field[] {
  return changeFields(fields, compileChanges({ ...NONE, ...changes })!, fill);
}

Deno.test("header changes: without any there is nothing to do", () => {
  assertEquals(compileChanges(NONE), undefined);
});

Deno.test("header changes: set replaces, add adds, remove removes, and the rest stays in order", () => {
  const fields: Field[] = [["A", "1"], ["X-User", "root"], ["b", "2"], ["Cookie", "c"], ["A", "3"]];
  const changes = { set: { "X-User": "{user}" }, add: { A: "4" }, remove: ["cookie"] };
  assertEquals(changed(changes, fields), [
    ["A", "1"],
    ["b", "2"],
    ["A", "3"],
    ["x-user", "<user>"],
    ["a", "4"],
  ]);
});

for (const name of ["x-user", "X-USER", "X_User", "x.user", "X~User", "x*uSEr"]) {
  Deno.test(`header changes: ${name} means X-User to some server, so set and remove take it away`, () => {
    assertEquals(changed({ set: { "X-User": "a" } }, [[name, "root"]]), [["x-user", "a"]]);
    assertEquals(changed({ remove: ["x_user"] }, [[name, "root"]]), []);
  });
}

Deno.test("header changes: other names are left alone", () => {
  const fields: Field[] = [["x-user-2", "a"], ["xuser", "b"], ["x--user", "c"], ["x-users", "d"]];
  assertEquals(changed({ remove: ["X-User"] }, fields), fields);
});

Deno.test("header changes: a header that is set and added has both values, and none of the client's", () => {
  const changes = { set: { "X-A": "1" }, add: { "x-a": "2" } };
  assertEquals(changed(changes, [["x_a", "0"]]), [["x-a", "1"], ["x-a", "2"]]);
});

Deno.test("header changes: what is set is there once, whatever the client sends", () => {
  const name = fc.constantFrom("x-user", "X-User", "x_user", "X.USER", "other", "x-other");
  const value = fc.string({ maxLength: 5 });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 10 }), (fields) => {
      const result = changed({ set: { "X-User": "edge" } }, fields);
      const users = result.filter(([name]) =>
        name.toLowerCase().replace(/[^a-z]/g, "-") === "x-user"
      );
      assertEquals(users, [["x-user", "edge"]]);
      assertEquals(result.slice(0, -1), fields.filter(([name]) => /other/.test(name)));
    }),
    { seed: 20261127, numRuns: 1000 },
  );
});

Deno.test("header changes: names that are no letters at all do not all count as one", () => {
  assert(changed({ remove: ["X-A"] }, [["!!!", "1"], ["x-b", "2"]]).length === 2);
});
