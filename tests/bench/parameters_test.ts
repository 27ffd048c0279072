import { assertEquals, assertThrows } from "@std/assert";
import { readParameters } from "./parameters.ts";

const USUAL = { rounds: 7, only: "all" };

Deno.test("parameters of a bench: what is given takes the place of its default", () => {
  assertEquals(readParameters([], USUAL), USUAL);
  assertEquals(readParameters(["rounds=2", "only=tcp,nginx"], USUAL), {
    rounds: 2,
    only: "tcp,nginx",
  });
});

for (const word of ["round=2", "rounds=many", "rounds=-1", "rounds=", "rounds", "only="]) {
  Deno.test(`parameters of a bench: ${word} is refused, and they are listed`, () => {
    assertThrows(() => readParameters([word], USUAL), RangeError, "rounds=7 only=all");
  });
}
