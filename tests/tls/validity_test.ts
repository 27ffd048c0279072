import { assertEquals, assertThrows } from "@std/assert";
import { issue } from "../../lib/tls/issue.ts";
import { endsOf } from "../../lib/tls/validity.ts";

Deno.test("validity: the end of each certificate in a text is read, before 2050 and after it", async () => {
  const from = Date.UTC(2026, 0, 1);
  const ends = [Date.UTC(2026, 11, 31, 23, 59, 58), Date.UTC(2051, 1, 2, 3, 4, 5)];
  const made = await Promise.all(ends.map((until) => issue({ names: ["a.test"], from, until })));
  assertEquals(endsOf(made.map(({ cert, key }) => key + cert).join("\n")), ends);
  assertEquals(endsOf(""), []);
});

Deno.test("validity: what is no certificate is an error", () => {
  const block = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
  assertThrows(() => endsOf(block));
});
