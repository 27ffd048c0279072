import { assert, assertMatch } from "@std/assert";
import fc from "fast-check";
import { ConfigError, parseVariables } from "../../../lib/config/load.ts";
import { DEFAULTS } from "../../../lib/config/source/variable_defaults.ts";
import { VARIABLE_NAMES } from "../../../lib/config/source/variables.ts";
import { anyText } from "../../support/any_text.ts";
import { problemsOf, USERS } from "../../support/variables.ts";

/** Pieces that values are made of, and some that they must not have. */
const PIECES = [
  ..."http:// https:// a b ; , % %eth0 %1 :: ::1 : [ ] / /8 ? # . - = @ 0 1 22 5000 1e9".split(" "),
  ..."ms s m h KiB k xx 2xx on off true none auto weight= header: cookie: __Host-".split(" "),
  ...[" ", "\t", "\n", "\0", '"', "'", "\\", "\uFEFF", "\uD800", "é", "constructor", "__proto__"],
];
const VALUES = [
  ..."10.0.0.1 fe80::1 fd00::/8 [::1] a.test http://a:5000/b 1m30s 20% 16KiB 200-399".split(" "),
  ..."header:X-User /healthz?a=b least_connections 0123456789abcdef".split(" "),
];

Deno.test("schema: any value with anything behind it is read for each setting, or refused", () => {
  for (const value of [...VALUES, undefined]) {
    for (const piece of PIECES) {
      const texts = VARIABLE_NAMES.map((name) => [name, (value ?? DEFAULTS[name]) + piece]);
      const problems = problemsOf(Object.fromEntries(texts));
      assert(value === undefined || problems.length > 10); // no value is right for all of them
      assert(problems.every(({ expected }) => expected.startsWith("must ")));
    }
  }
});

/** What people could write, and anything else. */
const WRITTEN = fc.oneof(
  { weight: 1, arbitrary: fc.constant("9".repeat(100_000)) },
  { weight: 5, arbitrary: anyText() },
  {
    weight: 20,
    arbitrary: fc.array(fc.constantFrom(...PIECES, ...VALUES), { maxLength: 8 })
      .map((parts) => parts.join("")),
  },
);

/** The lines of the problems with these settings; none if they are read. */
function linesOf(texts: Record<string, string>): string[] {
  try {
    parseVariables(texts);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const lines = error.message.split("\n");
    return lines.length === 1 ? [error.message.slice("Cannot start as ".length)] : lines.slice(1);
  }
}

for (const name of VARIABLE_NAMES) {
  // A listener with TLS needs it.
  const beside: Record<string, string> = name === "ACME_DOMAINS" ? { ENGINE: "tcp" } : {};
  Deno.test(`schema: whatever is written for ${name} is read, or refused in one line for each problem`, () => {
    fc.assert(
      fc.property(WRITTEN, (text) => {
        for (const line of linesOf({ ...USERS, ...beside, [name]: text })) {
          assertMatch(line, /^ *[A-Z0-9_]+ must /);
        }
      }),
      { seed: 20261126, numRuns: 50 },
    );
  });
}

Deno.test("schema: whatever is written for all settings at once is read, or refused", () => {
  const texts = fc.record(Object.fromEntries(VARIABLE_NAMES.map((name) => [name, WRITTEN])));
  fc.assert(fc.property(texts, (texts) => void linesOf(texts)), {
    seed: 20261126,
    numRuns: 50,
  });
});
