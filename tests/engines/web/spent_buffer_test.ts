import { assertEquals } from "@std/assert";
import { freeBuffer } from "../../../lib/engines/web/spent_buffer.ts";

for (
  const [bytes, held, freed] of [
    [64 * 1024, 64 * 1024, true],
    [1, 32 * 1024, true],
    [0, 32 * 1024, true],
    [1, 32 * 1024 - 1, false],
    [0, 0, false],
  ] as const
) {
  Deno.test(`freeBuffer: ${bytes} bytes of a buffer of ${held} bytes ${freed ? "give it back" : "keep it"}`, () => {
    const buffer = new ArrayBuffer(held);
    freeBuffer(new Uint8Array(buffer, 0, bytes));
    assertEquals([buffer.detached, buffer.byteLength], [freed, freed ? 0 : held]);
  });
}

Deno.test("freeBuffer: a buffer is freed once", () => {
  const bytes = new Uint8Array(64 * 1024);
  freeBuffer(bytes);
  freeBuffer(bytes);
  assertEquals(bytes.length, 0);
});
