import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hashText, mixed } from "../../lib/backends/hash.ts";

Deno.test("hash: a text has the same hash in every release", () => {
  assertEquals(["", "a", "users-1:5000", "é"].map((text) => hashText(text)), [
    2872998923,
    444641715,
    3350199740,
    3136788073,
  ]);
  assertEquals(hashText("a", 1), 3873127206);
});

Deno.test("hash: a hash is a whole number of 32 bits", () => {
  fc.assert(fc.property(fc.string(), fc.nat(), (text, seed) => {
    const hash = hashText(text, seed);
    assert(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32);
  }));
});

Deno.test("hash: mixing maps no two numbers to the same one", () => {
  assertEquals(new Set(Array.from({ length: 100_000 }, (_, i) => mixed(i * 42_949))).size, 100_000);
});

Deno.test("hash: a change of one character changes half of the bits, on average", () => {
  let changed = 0;
  for (let i = 0; i < 1_000; i++) {
    let bits = hashText(`users-${i}:5000`) ^ hashText(`users-${i}:5001`);
    for (; bits !== 0; bits &= bits - 1) changed++;
  }
  assert(Math.abs(changed / 1_000 - 16) < 0.5, `${changed / 1_000} of 32`);
});
