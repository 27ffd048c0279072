import { assertEquals, assertMatch } from "@std/assert";
import { REQUEST_ID_BYTES, writeRequestId } from "../../../../lib/engines/tcp/http1/request_id.ts";

/** RFC 9562, 5.4. */
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** More ids than random bytes are fetched for at a time. */
const MANY = 3_000;

function newId(): string {
  const bytes = new Uint8Array(REQUEST_ID_BYTES);
  writeRequestId(bytes, 0);
  return String.fromCharCode(...bytes);
}

const IDS = Array.from({ length: MANY }, newId);

Deno.test("request id: each id is a version 4 UUID of REQUEST_ID_BYTES characters", () => {
  assertEquals(REQUEST_ID_BYTES, crypto.randomUUID().length);
  for (const id of IDS) assertMatch(id, UUID_V4);
});

Deno.test("request id: ids are unique", () => {
  assertEquals(new Set(IDS).size, MANY);
});

Deno.test("request id: all digits that are not fixed take all values, independently of each other", () => {
  for (let at = 0; at < REQUEST_ID_BYTES; at++) {
    const seen = [...new Set(IDS.map((id) => id[at]))].sort().join("");
    const expected = at === 14 ? "4" : at === 19 ? "89ab" : "0123456789abcdef";
    assertEquals(seen, [8, 13, 18, 23].includes(at) ? "-" : expected, `at ${at}`);
  }
  // Two bytes of an id are equal in 1 of 256 ids.
  for (let at = 0; at < 6; at += 2) {
    const twins = IDS.filter((id) => id.slice(at, at + 2) === id.slice(24 + at, 26 + at)).length;
    assertEquals(twins < MANY / 50, true, `${twins}`);
  }
});

for (const at of [0, 1, 7, 100]) {
  Deno.test(`request id: an id written at offset ${at} changes no other byte`, () => {
    const bytes = new Uint8Array(at + REQUEST_ID_BYTES + 9).fill(0xee);
    writeRequestId(bytes, at);
    const id = String.fromCharCode(...bytes.subarray(at, at + REQUEST_ID_BYTES));
    assertMatch(id, UUID_V4);
    bytes.fill(0xee, at, at + REQUEST_ID_BYTES);
    assertEquals(bytes, new Uint8Array(bytes.length).fill(0xee));
  });
}
