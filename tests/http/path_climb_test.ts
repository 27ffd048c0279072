import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { climbs, hasPathPrefix } from "../../lib/http/path_climb.ts";

const SEED = { seed: 20261126 };

for (
  const path of [
    "/..",
    "/../admin",
    "/./../admin",
    "/a/../../admin",
    "/a/../../public/x", // it comes back, but was outside
    "/%2e%2e/admin",
    "/.%2e/admin",
    "/%2E./admin",
    "/..%2fadmin",
    "/..%5cadmin",
    "/..\\admin",
    "/a%5c..%5c../admin",
    "/..;/admin", // Tomcat
    "/..;a=b/admin",
    "/..%3b/admin",
    "/x/..;%2fb/../y",
    "//../admin", // repeated slashes are one slash to nginx
    "/a//../../admin",
    "/;/../admin",
    "/a%2fb/../../admin", // to some %2f is no slash
    "/%252e%252e/admin",
    "/%25252e%25252e/admin",
    "/%2525252525252e./admin",
    "/%%32%65%%32%65/admin",
    "/%2%65./admin",
    "/%%32e./admin",
    "/..%252fadmin",
    "/%c0%ae%c0%ae/admin",
    "/%e0%80%ae%f0%80%80%ae/admin",
    "/..%c0%afadmin",
    "/..%c1%9cadmin",
    "/%u002e%u002e/admin", // IIS
    "/.%00./admin",
    "/..%00/admin",
    "/..%00x/admin",
    "/..%20/admin",
    "/.%0a./admin",
    "/..%3fx",
    "/..%23x",
    "/..?x",
    "/..#x",
    "/.../../x", // ... is nothing to Windows
  ]
) {
  Deno.test(`path climb: ${path} could climb above its beginning`, () => {
    assertEquals(climbs(path), true);
  });
}

for (
  const path of [
    "/",
    "*",
    "/a/../b",
    "/a/..",
    "/a/./b/../../c",
    "/a/%2e%2e/b",
    "/a%2fb/../c",
    "/a%2f..%2fb",
    "/a;b=c/../d",
    "/a/..;/b",
    "/a?/../../b",
    "/a#/../../b",
    "/a?%2e%2e/%2e%2e",
    "/...",
    "/.../a",
    "/..a",
    "/a..",
    "/a../..b",
    "/.a/..",
    "/..%61", // ..a
    "/%2e",
    "/.;/",
    "/;..",
    "/%",
    "/%zz%u00",
    "/caf%C3%A9/../x",
    "/go/http%253A%252F%252Fa.test%252F..%252Fx",
  ]
) {
  Deno.test(`path climb: ${path} does not climb above its beginning`, () => {
    assertEquals(climbs(path), false);
  });
}

/** How a server reads paths. */
interface Reading {
  readonly decodings: number;
  /** Whether slashes count that are encoded, and not only those in the path as sent. */
  readonly encodedSlashes: boolean;
  readonly backslashes: boolean;
  /** Whether repeated slashes are one. */
  readonly mergesSlashes: boolean;
  /** When `;parameters` are removed. */
  readonly parameters: "kept" | "removed first" | "removed last";
  readonly nul: "kept" | "ends the path" | "removed";
  readonly trims: boolean;
}

const READING: fc.Arbitrary<Reading> = fc.record({
  decodings: fc.nat({ max: 3 }),
  encodedSlashes: fc.boolean(),
  backslashes: fc.boolean(),
  mergesSlashes: fc.boolean(),
  parameters: fc.constantFrom("kept", "removed first", "removed last"),
  nul: fc.constantFrom("kept", "ends the path", "removed"),
  trims: fc.boolean(),
});

/** Whether that server leaves the directory that it starts in; it takes one step after the other. */
function leaves(path: string, reading: Reading): boolean {
  let text = path.split("?")[0]!;
  if (reading.parameters === "removed first") text = text.replace(/;[^/]*/g, "");
  let steps = reading.encodedSlashes ? [decodeTimes(text, reading.decodings)] : text.split("/");
  if (!reading.encodedSlashes) steps = steps.map((step) => decodeTimes(step, reading.decodings));
  else steps = steps[0]!.split("/");
  if (reading.nul === "ends the path") {
    const last = steps.findIndex((step) => step.includes("\0"));
    if (last !== -1) steps = [...steps.slice(0, last), steps[last]!.split("\0")[0]!];
  }
  if (reading.backslashes) steps = steps.flatMap((step) => step.split("\\"));
  const place: string[] = [];
  for (let step of steps.slice(1)) {
    if (reading.nul === "removed") step = step.replaceAll("\0", "");
    if (reading.parameters === "removed last") step = step.replace(/;.*$/s, "");
    if (reading.trims) step = step.trim();
    if (step === "." || step === "" && reading.mergesSlashes) continue;
    if (step !== "..") place.push(step);
    else if (place.pop() === undefined) return true;
  }
  return false;
}

function decodeTimes(text: string, times: number): string {
  for (let i = 0; i < times; i++) {
    text = text
      .replace(/%u00([0-9a-f]{2})/gi, "%$1")
      .replace(/%c0%ae/gi, ".")
      .replace(/%c0%af/gi, "/")
      .replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  }
  return text;
}

const ODD = fc.array(
  fc.oneof(
    fc.constantFrom("/", "/", "/", "..", "..", ".", "a", "b", "%2e", "%2F", "%5c", "\\", ";", ";x"),
    fc.constantFrom("%00", "%20", "%3b", "%25", "25", "2e", "2f", "%c0%ae", "%c0%af", "%u002e"),
    fc.constantFrom("%252e", "%252f", "%255c", "?", "%", "...", "%3f"),
  ),
  { maxLength: 16 },
).map((parts) => `/${parts.join("")}`);

Deno.test("path climb: whatever climbs for some server is found", () => {
  let climbing = 0;
  fc.assert(
    fc.property(ODD, READING, (path, reading) => {
      if (!leaves(path, reading)) return;
      climbing++;
      assertEquals(climbs(path), true, `${path} ${JSON.stringify(reading)}`);
    }),
    { ...SEED, numRuns: 20_000 },
  );
  assertEquals(climbing > 300, true, `only ${climbing} climb`);
});

const STRICT: Reading = {
  decodings: 0,
  encodedSlashes: false,
  backslashes: false,
  mergesSlashes: false,
  parameters: "kept",
  nul: "kept",
  trims: false,
};

Deno.test("path climb: a path that is the same to all servers is refused only if it climbs", () => {
  const step = fc.constantFrom("..", "..", ".", "a", "b.c", "d%20e", "..f", ";g");
  const plain = fc.array(step, { maxLength: 12 }).map((steps) => `/${steps.join("/")}`)
    .filter((path) => !path.includes("/;"));
  fc.assert(
    fc.property(plain, (path) => assertEquals(climbs(path), leaves(path, STRICT), path)),
    { ...SEED, numRuns: 3_000 },
  );
});

Deno.test("path climb: a path without two dots, encoded or not, never climbs", () => {
  const dotless = ODD.map((path) => path.replace(/\.|2e|%c0%ae/gi, "a"));
  fc.assert(fc.property(dotless, (path) => assertEquals(climbs(path), false, path)), SEED);
});

Deno.test("path climb: paths must not climb if the URL of any backend has a path", () => {
  const has = (...urls: string[]) => hasPathPrefix(urls.map((url) => ({ url })));
  assertEquals(has("http://a", "https://b:80", "http://[::1]:1"), false);
  assertEquals([has("http://a", "http://b/c"), has("https://[::1]:1/c/d")], [true, true]);
  assertEquals(has(), false);
});
