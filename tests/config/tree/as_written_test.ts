import { assertEquals } from "@std/assert";
import { hasReference, writtenBack } from "../../../lib/config/tree/as_written.ts";
import type { Node } from "../../../lib/config/tree/node.ts";
import { interpolate } from "../../../lib/config/source/interpolate.ts";
import { readJsonc } from "../../../lib/config/source/jsonc.ts";

function read(text: string, environment: Record<string, string>): Node {
  return interpolate(readJsonc(text).node!, environment).node;
}

Deno.test("as written: what references stand for is replaced by them, also in the midst of a text", () => {
  const root = read('{ "a": ["Bearer ${TOKEN}, ${USER}"], "b": { "c": "${USER}" } }', {
    TOKEN: "s3cret.$&",
    USER: "ops",
  });
  const asWritten = writtenBack(root);
  assertEquals(asWritten("x Bearer s3cret.$&, ops y"), "x Bearer ${TOKEN}, ${USER} y");
  assertEquals(asWritten("nothing"), "nothing");
});

Deno.test("as written: the longer of two values that begin alike is replaced first", () => {
  const root = read('{ "a": "${SHORT}", "b": "${LONG}" }', { SHORT: "abc", LONG: "abcdef" });
  assertEquals(writtenBack(root)("abcdef abc"), "${LONG} ${SHORT}");
});

Deno.test("as written: a node has a reference if any value in it has one", () => {
  const root = read('{ "a": { "b": ["c", "${D}"] }, "e": { "f": "g" } }', { D: "d" });
  assertEquals(hasReference(root), true);
  const entries = root.kind === "object" ? root.entries : new Map();
  assertEquals(hasReference(entries.get("a")?.value), true);
  assertEquals(hasReference(entries.get("e")?.value), false);
  assertEquals(hasReference(undefined), false);
});
