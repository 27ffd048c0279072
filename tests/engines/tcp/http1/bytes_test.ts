import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  bytesOf,
  copy,
  FIELD_VALUE,
  HEX,
  sameText,
  TARGET,
  textOf,
  TOKEN,
} from "../../../../lib/engines/tcp/http1/bytes.ts";

const SEED = { seed: 20261122 };
const ALL = Array.from({ length: 256 }, (_, byte) => byte);
const ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The bytes that a table allows. */
const allowed = (table: Uint8Array) => ALL.filter((byte) => table[byte] === 1);

const codesOf = (text: string) => [...text].map((c) => c.charCodeAt(0)).sort((a, b) => a - b);

Deno.test("bytes: an equal text is kept, any other one is decoded anew", () => {
  const bytes = bytesOf("ab\u00e4c");
  assertEquals(sameText("b\u00e4", bytes, 1, 3), "b\u00e4");
  for (const known of ["", "a", "bb", "\u00e4\u00e4", "b\u00e4c", "b\u01e4"]) {
    assertEquals(sameText(known, bytes, 1, 3), "b\u00e4", known);
  }
});

Deno.test("bytes: each table has 256 entries of 0 or 1", () => {
  for (const table of [TOKEN, FIELD_VALUE, TARGET]) {
    assertEquals(table.length, 256);
    assertEquals(table.every((entry) => entry === 0 || entry === 1), true);
  }
});

Deno.test("bytes: a token allows letters, digits and fifteen other characters", () => {
  assertEquals(allowed(TOKEN), codesOf(ALPHANUMERIC + "!#$%&'*+-.^_`|~"));
});

Deno.test("bytes: a field value allows tab, and no other control character", () => {
  const refused = [...ALL.slice(0, 9), ...ALL.slice(10, 32), 127];
  assertEquals(ALL.filter((byte) => FIELD_VALUE[byte] === 0), refused);
});

Deno.test("bytes: a target allows visible ASCII except #", () => {
  assertEquals(allowed(TARGET), ALL.slice(33, 127).filter((byte) => byte !== 35));
});

Deno.test("bytes: HEX has the value of each hexadecimal digit in either case, and 255 for all other bytes", () => {
  const expected = ALL.map((byte) => {
    const value = "0123456789abcdef".indexOf(String.fromCharCode(byte).toLowerCase());
    return value === -1 ? 255 : value;
  });
  assertEquals([...HEX], expected);
});

Deno.test("bytes: each byte decodes to one character, and encodes back to itself", () => {
  const bytes = Uint8Array.from(ALL);
  const text = textOf(bytes);
  assertEquals(codesOf(text), ALL);
  assertEquals(bytesOf(text), bytes);
});

Deno.test("bytes: textOf decodes any part of any length", () => {
  const whole = Uint8Array.from({ length: 40_000 }, (_, i) => i * 31 % 256);
  const all = [...whole].map((byte) => String.fromCharCode(byte)).join("");
  assertEquals(textOf(whole), all);
  const offset = fc.oneof(
    fc.integer({ min: 0, max: 40_000 }),
    fc.constantFrom(0, 1, 8191, 8192, 8193, 16_383, 16_384, 16_385),
  );
  fc.assert(
    fc.property(offset, offset, (a, b) => {
      const start = Math.min(a, b), end = Math.max(a, b);
      assertEquals(textOf(whole, start, end), all.slice(start, end));
      assertEquals(textOf(whole, start), all.slice(start));
    }),
    SEED,
  );
});

Deno.test("bytes: copy writes the given part at the given offset, and nothing else", () => {
  const lengths = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(0, 95, 96, 97, 98));
  const margins = fc.integer({ min: 0, max: 20 });
  fc.assert(
    fc.property(lengths, margins, margins, margins, (length, start, rest, at) => {
      const from = Uint8Array.from({ length: start + length + rest }, (_, i) => 1 + i % 250);
      const to = new Uint8Array(at + length + 10).fill(255);
      const expected = to.slice();
      for (let i = 0; i < length; i++) expected[at + i] = from[start + i]!;
      assertEquals(copy(from, start, start + length, to, at), at + length);
      assertEquals(to, expected);
    }),
    SEED,
  );
});
