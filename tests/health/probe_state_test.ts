import { assertEquals, assertStrictEquals } from "@std/assert";
import { applyProbe, type ProbeState, UNPROBED } from "../../lib/health/probe_state.ts";

const RULES = { rise: 2, fall: 3 };

/** Whether it is up (`u`) or down (`d`) after each probe: `+` is a good one, `-` a bad one. */
function ups(probes: string, rules = RULES): string {
  let state: ProbeState = UNPROBED;
  return [...probes].map((probe) => {
    state = applyProbe(state, probe === "+", rules);
    return state.up ? "u" : "d";
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
  Deno.test(`probe state: after each of the probes ${probes} it is ${expected}`, () =>
    assertEquals(ups(probes), expected));
}

Deno.test("probe state: with a rise and fall of 1 each probe counts", () => {
  assertEquals(ups("+-+-", { rise: 1, fall: 1 }), "udud");
});

Deno.test("probe state: before the first probe a backend is up", () => {
  assertEquals(UNPROBED.up, true);
});

Deno.test("probe state: a probe with the same result as before returns the same object", () => {
  const up = applyProbe(UNPROBED, true, RULES);
  assertStrictEquals(applyProbe(up, true, RULES), up);
});
