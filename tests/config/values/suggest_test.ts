import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { suggest } from "../../../lib/config/values/suggest.ts";

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

const name = "least_connections";
const place = fc.nat({ max: name.length - 1 });
const letter = fc.constantFrom(..."abcxyz_");

Deno.test("suggest: any two letters inserted, removed or replaced in a long name lead back to it", () => {
  const edit = fc.record({ place, removed: fc.nat({ max: 1 }), added: fc.option(letter) });
  fc.assert(fc.property(fc.array(edit, { maxLength: 2 }), (edits) => {
    const letters = [...name];
    for (const { place, removed, added } of edits) {
      letters.splice(place, removed, ...(added === null ? [] : [added]));
    }
    const word = letters.join("");
    assertEquals(suggest(word, ["consistent_hash", name]), word === name ? undefined : name);
  }));
});

Deno.test("suggest: any two neighbours swapped in a long name lead back to it", () => {
  for (let i = 1; i < name.length; i++) {
    const word = name.slice(0, i - 1) + name[i] + name[i - 1] + name.slice(i + 1);
    assertEquals(suggest(word, [name]), word === name ? undefined : name);
  }
});
