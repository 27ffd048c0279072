import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { readJsonc } from "../../../lib/config/source/jsonc.ts";
import { type Node, plain } from "../../../lib/config/tree/node.ts";
import { anyText } from "../../support/any_text.ts";

/** The value of a text; undefined if it is broken. */
function valueOf(text: string): unknown {
  const { node, problems } = readJsonc(text);
  return problems.length === 0 && node !== undefined ? toJson(node) : undefined;
}

/** Its objects have a prototype, as those of JSON.parse. */
const toJson = (node: Node) => JSON.parse(JSON.stringify(plain(node)));

const objects = fc.dictionary(
  anyText({ maxLength: 5 }),
  fc.jsonValue({ maxDepth: 4 }),
  { maxKeys: 5 },
).filter((value) => !JSON.stringify(value).includes("__proto__"));

Deno.test("jsonc: any object of JSON is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(objects, fc.constantFrom(0, 2, "\t"), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assertEquals(valueOf(text), JSON.parse(text));
    }),
    { seed: 20261127, numRuns: 500 },
  );
});

Deno.test("jsonc: each value and each name has the place at which it is written", () => {
  const visit = (node: Node, text: string): void => {
    const at = (place: Node["place"]) => {
      if (place.kind !== "file") throw new Error("it stands in no file");
      return JSON.parse(text.slice(place.offset, place.offset + place.length));
    };
    assertEquals(at(node.place), toJson(node));
    if (node.kind === "array") node.items.forEach((item) => visit(item, text));
    if (node.kind !== "object") return;
    for (const [name, { place, value }] of node.entries) {
      assertEquals(at(place), name);
      visit(value, text);
    }
  };
  fc.assert(
    fc.property(objects, (value) => {
      const text = JSON.stringify(value, null, 1);
      visit(readJsonc(text).node!, text);
    }),
    { seed: 20261127, numRuns: 300 },
  );
});

Deno.test("jsonc: comments and trailing commas may stand everywhere between", () => {
  const text = `/* a */ { // b
    "a" /* c */ : /* d */ 1 /* e */ , // f
    "b": [ /* g */ 1, // h
      2, /* i */ ], "c": { "d": "// no comment /* */", },
  } // end`;
  assertEquals(valueOf(text), { a: 1, b: [1, 2], c: { d: "// no comment /* */" } });
});

Deno.test("jsonc: lines may end with CR LF, and places count by lines all the same", () => {
  assertEquals(valueOf('{\r\n  "a": 1\r\n}\r\n'), { a: 1 });
  const { problems } = readJsonc('{\r\n  "a": x\r\n}');
  assertEquals(problems.map(({ place }) => place), [{ kind: "file", offset: 10, length: 1 }]);
});

for (const [open, close] of [["[", "]"], ['{ "a": ', "}"]] as const) {
  Deno.test(`jsonc: 50 ${open}${close} in each other are read, more are refused`, () => {
    const nested = (depth: number) => `{ "a": ${open.repeat(depth)}1${close.repeat(depth)} }`;
    assert(valueOf(nested(49)) !== undefined);
    for (const depth of [50, 60, 100_000]) {
      const { node, problems } = readJsonc(nested(depth));
      assertEquals(node, undefined);
      assertEquals(problems.map(({ message }) => message), [
        "must have at most 50 objects and lists in each other",
      ]);
    }
  });
}

Deno.test("jsonc: a broken text has no more than 20 problems", () => {
  const { problems } = readJsonc(`{ ${'"a": b, '.repeat(1000)} }`);
  assertEquals(problems.length, 20);
});

Deno.test("jsonc: a large text takes no longer than its length asks for", () => {
  const items = Array.from({ length: 50_000 }, (_, index) => `{ "url": "http://a${index}" }`);
  const started = performance.now();
  assert(valueOf(`{ "pools": [${items.join(",\n")}] }`) !== undefined);
  assert(performance.now() - started < 5000);
});

Deno.test("jsonc: one name twice is a problem, and the text is read all the same", () => {
  const { node, problems } = readJsonc('{ "a": 1, "a": 2 }');
  assertEquals(toJson(node!), { a: 2 });
  assertEquals(problems.map(({ message, path }) => [path, message]), [
    [["a"], "must not be there twice"],
  ]);
});

Deno.test("jsonc: a text that is shown has the length of the text", () => {
  fc.assert(
    fc.property(anyText(), objects, (text, value) => {
      const written = `{ "secret": ${JSON.stringify(text)}, "other": ${JSON.stringify(value)} }`;
      assertEquals(readJsonc(written).shown.length, written.length);
      assertEquals(readJsonc(text).shown.length, text.length);
    }),
    { seed: 20261127, numRuns: 300 },
  );
});

Deno.test("jsonc: what follows a comment that is not closed is not judged", () => {
  const { problems } = readJsonc('{ "a": 1, /* "b": 2 }');
  assertEquals(problems.map(({ message }) => message), [
    "must have */ at the end of each comment",
  ]);
});
