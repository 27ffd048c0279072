import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { suggest } from "../../lib/config/suggest.ts";

const SETTINGS = ["USERS_SERVICE", "PORT", "POLICY", "EJECT_TIME", "EJECT_MAX", "EJECT_AFTER"];
const POLICIES = ["round_robin", "random", "least_connections", "p2c", "peak_ewma"];
const COMMANDS = ["start", "demo", "check", "healthcheck", "simulate"];

for (
  const [word, candidates, expected] of [
    ["EJECT_TIM", SETTINGS, "EJECT_TIME"], // one letter is missing
    ["POLCY", SETTINGS, "POLICY"],
    ["USER_SERVICE", SETTINGS, "USERS_SERVICE"],
    ["USER_SERVICES", SETTINGS, "USERS_SERVICE"], // two edits
    ["strat", COMMANDS, "start"], // two neighbours are swapped
    ["check1", COMMANDS, "check"],
    ["round-robin", POLICIES, "round_robin"],
    ["Round_Robin", POLICIES, "round_robin"],
    ["P2C", POLICIES, "p2c"],
    ["least_conn", POLICIES, "least_connections"], // a beginning
    ["leastconn", POLICIES, "least_connections"],
    ["sim", COMMANDS, "simulate"],
    ["EJECT", SETTINGS, undefined], // three begin like this
    ["st", COMMANDS, undefined],
    ["PART", SETTINGS, "PORT"],
    ["PATH", SETTINGS, undefined], // two edits are too many for four letters
    ["p", POLICIES, undefined],
    ["", POLICIES, undefined],
    ["demo", COMMANDS, undefined], // it exists
    ["serve", COMMANDS, undefined],
    ["x".repeat(1_000_000), COMMANDS, undefined],
    ["start", [], undefined],
  ] as const satisfies (readonly [string, readonly string[], string | undefined])[]
) {
  const shown = word.length > 20 ? `${word.slice(0, 3)}…` : word;
  Deno.test(`suggest: for "${shown}" it is ${expected ?? "nothing"}`, () => {
    assertEquals(suggest(word, candidates), expected);
  });
}

Deno.test("suggest: of two that are equally near it is the first, and a nearer one wins", () => {
  assertEquals(suggest("cart", ["card", "care"]), "card");
  assertEquals(suggest("cart", ["care", "card"]), "care");
  assertEquals(suggest("carts2", ["carts34", "carts"]), "carts");
});

Deno.test("suggest: any two edits at different places of a long name lead back to it", () => {
  const letter = fc.constantFrom(..."abcxyz_");
  const edit = fc.record({ at: fc.nat(), kind: fc.nat({ max: 3 }), letter });
  const name = "least_connections";
  fc.assert(fc.property(fc.array(edit, { maxLength: 2 }), (edits) => {
    const word = edits.reduce((text, { at, kind, letter }, number) => {
      // One in each half: an edit within a pair that was swapped would be a third.
      const i = number === 0 ? at % 6 : text.length - 2 - at % 6;
      const [before, here, next, after] = [
        text.slice(0, i),
        text[i]!,
        text[i + 1]!,
        text.slice(i + 2),
      ];
      return [
        before + next + here + after,
        before + next + after,
        before + letter + next + after,
        before + letter + here + next + after,
      ][kind]!;
    }, name);
    assertEquals(suggest(word, ["consistent_hash", name]), word === name ? undefined : name);
  }));
});
