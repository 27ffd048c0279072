/** Whatever is written in a configuration file is read, or refused with problems that are fit to be seen. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { anyText } from "../support/any_text.ts";
import type { Json } from "../support/json.ts";
import { configurationOf, problemsOfText } from "../support/configuration_file.ts";
import { EXAMPLE, SECRETS } from "../support/example_configuration.ts";
import { replaceAt, valuesOf } from "../support/json.ts";

const OPTIONS = { seed: 20261127, numRuns: 200 };

/** Without its comment. */
const PLAIN = JSON.parse(EXAMPLE.replace(/^ *\/\/.*$/m, "")) as Json;
const PATHS = valuesOf(PLAIN);

/** A half result, an exception, a vague message or a secret fails. */
async function judge(text: string): Promise<void> {
  const { configuration, errors, problems } = await problemsOfText(text);
  const hasErrors = problems.some(({ severity }) => severity === "error");
  assertEquals(configuration === undefined, hasErrors, errors);
  assert(!/Invalid input|undefined|\[object/.test(errors), errors);
  for (const { message } of problems) {
    assert(/^(?:must|is|has|can|needs|refers) /.test(message), message);
  }
  const heads = errors.split("\n").filter((line) => line.includes(": error: "));
  assertEquals(heads, [...new Set(heads)]);
  assertEquals(hasErrors, heads.length > 0);
}

function hidesSecrets(errors: string): void {
  for (const secret of SECRETS) assert(!errors.includes(secret), errors);
}

Deno.test("fuzz: the example is right", async () => {
  assertEquals(Object.keys((await configurationOf(EXAMPLE)).pools), ["users", "search", "next"]);
});

const SIGNS = [
  ..."{}[]:,\"'\\/*#$ \n\t\0\uFEFFé\uD800",
  "//",
  "/*",
  "*/",
  "true",
  "null",
  "1e9",
  "-0",
];
const WORDS = ['"pools"', '"users"', '"backends"', '"http://a"', '"routes"', '"pool"', "${", "$${"];

Deno.test("fuzz: any text is read or refused", async () => {
  const text = fc.oneof(
    anyText({ maxLength: 60 }),
    fc.array(fc.constantFrom(...SIGNS, ...WORDS), { maxLength: 25 }).map((all) => all.join("")),
  );
  await fc.assert(fc.asyncProperty(text, judge), OPTIONS);
});

Deno.test("fuzz: text that is left out, put in twice or put elsewhere does no harm, and shows no secret", async () => {
  const place = fc.nat({ max: EXAMPLE.length });
  const mutations = fc.array(
    fc.record({
      from: place,
      length: fc.nat({ max: 40 }),
      to: place,
      kind: fc.constantFrom("delete", "insert", "copy"),
      sign: fc.constantFrom(...SIGNS),
    }),
    { minLength: 1, maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(mutations, async (all) => {
      const text = all.reduce((text, { from, length, to, kind, sign }) => {
        const slice = text.slice(from, from + length);
        if (kind === "delete") return text.slice(0, from) + text.slice(from + length);
        return text.slice(0, to) + (kind === "insert" ? sign : slice) + text.slice(to);
      }, EXAMPLE);
      await judge(text);
    }),
    OPTIONS,
  );
});

/** One cut leaves each secret whole, and the name of its setting too, unless it is in them. */
Deno.test("fuzz: a cut anywhere but in a secret's setting shows no secret", async () => {
  const forbidden = [...EXAMPLE.matchAll(/"secret": "[^"]*"/g)].map(({ index, 0: text }) =>
    [index - 45, index + text.length + 1] as const
  );
  const cut = fc.record({
    at: fc.nat({ max: EXAMPLE.length }),
    length: fc.integer({ min: 1, max: 4 }),
  })
    .filter(({ at, length }) => forbidden.every(([from, to]) => at + length < from || at > to));
  await fc.assert(
    fc.asyncProperty(cut, async ({ at, length }) => {
      const text = EXAMPLE.slice(0, at) + EXAMPLE.slice(at + length);
      hidesSecrets((await problemsOfText(text)).errors);
    }),
    OPTIONS,
  );
});

const ANY_VALUE = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    ..."off on none all auto 0 1 5s 20% 16KiB http://a a.test / /a 10.0.0.0/8".split(" "),
  ),
  fc.constantFrom("", " ", "$${", "${HOME}", "${", "{client}", "\r\n", "__proto__", "constructor"),
  fc.constantFrom(0, -1, 1.5, 1e21, 65536),
);

Deno.test("fuzz: any value in the place of another one is read or refused, and shows no secret", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...PATHS), ANY_VALUE, async (path, value) => {
      const text = JSON.stringify(replaceAt(PLAIN, path, value as Json), null, 2);
      await judge(text);
      hidesSecrets((await problemsOfText(text)).errors);
    }),
    { ...OPTIONS, numRuns: 250 },
  );
});

Deno.test("fuzz: two values that change places are read or refused", async () => {
  const path = fc.constantFrom(...PATHS);
  await fc.assert(
    fc.asyncProperty(path, path, async (one, other) => {
      const at = (path: readonly (string | number)[]) =>
        path.reduce<Json>((value, step) => (value as Record<string, Json>)[step]!, PLAIN);
      const swapped = replaceAt(replaceAt(PLAIN, one, at(other)), other, at(one));
      await judge(JSON.stringify(swapped, null, 2));
    }),
    OPTIONS,
  );
});

Deno.test("fuzz: a name that is changed is read or refused", async () => {
  const names = [...EXAMPLE.matchAll(/"([\w$-]+)"(?=: )/g)].map(({ index, 1: name }) =>
    [index + 1, name!.length] as const
  );
  const name = fc.oneof(
    fc.constantFrom(
      "",
      "a b",
      "__proto__",
      "constructor",
      "toString",
      "users",
      "é",
      "pool",
      "file",
    ),
    fc.string({ maxLength: 6 }).map((text) => JSON.stringify(text).slice(1, -1)),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), name, async ([at, length], name) => {
      await judge(EXAMPLE.slice(0, at) + name + EXAMPLE.slice(at + length));
    }),
    OPTIONS,
  );
});
