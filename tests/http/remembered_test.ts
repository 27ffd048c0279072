import { assertEquals } from "@std/assert";
import { remembered } from "../../lib/http/remembered.ts";

function counting(maxCharacters: number) {
  const computed: string[] = [];
  const lengthOf = remembered((text) => {
    computed.push(text);
    return text.length;
  }, maxCharacters);
  return { computed, lengthOf };
}

Deno.test("remembered: what was computed once is not computed again, also if it is falsy", () => {
  const { computed, lengthOf } = counting(9);
  assertEquals(["", "ab", "", "ab"].map(lengthOf), [0, 2, 0, 2]);
  assertEquals(computed, ["", "ab"]);
});

Deno.test("remembered: any number of texts takes a bounded place", () => {
  const { computed, lengthOf } = counting(9);
  for (let i = 0; i < 1_000; i++) lengthOf(String(i));
  lengthOf("0");
  assertEquals(computed.length, 1_000);
  lengthOf("one more");
  lengthOf("0");
  assertEquals(computed.slice(1_000), ["one more", "0"]);
});

Deno.test("remembered: a longer text is computed each time", () => {
  const { computed, lengthOf } = counting(3);
  assertEquals(["abcd", "abcd", "abc", "abc"].map(lengthOf), [4, 4, 3, 3]);
  assertEquals(computed, ["abcd", "abcd", "abc"]);
});
