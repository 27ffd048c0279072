import { assertEquals, assertStrictEquals } from "@std/assert";
import { type Probed, transition, UNPROBED } from "../../lib/health/probe_state.ts";

const RULES = { rise: 2, fall: 3 };

/** Whether it is up after each of the probes: `+` is a good one, `-` a bad one. */
function ups(probes: string, rules = RULES): string {
  let probed: Probed = UNPROBED;
  return [...probes].map((probe) => {
    probed = transition(probed, probe === "+", rules);
    return probed.up ? "u" : "d";
  }).join("");
}

for (
  const [probes, expected] of [
    ["+", "u"],
    ["-", "d"], // the first counts at once
    ["-+", "dd"],
    ["-++", "ddu"],
    ["+--", "uuu"],
    ["+---", "uuud"],
    ["+--+--+", "uuuuuuu"],
    ["+---+-++", "uuuddddu"],
    ["+---++---", "uuudduuud"],
  ] as const
) {
  Deno.test(`probes: ${probes} make it ${expected}`, () => assertEquals(ups(probes), expected));
}

Deno.test("probes: with rise and fall of 1 each one counts", () => {
  assertEquals(ups("+-+-", { rise: 1, fall: 1 }), "udud");
});

Deno.test("probes: before the first one a backend is used", () => {
  assertEquals(UNPROBED.up, true);
});

Deno.test("probes: one that says what is known already changes nothing", () => {
  const up = transition(UNPROBED, true, RULES);
  assertStrictEquals(transition(up, true, RULES), up);
});
