import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { KeptPieces, Place } from "../../../lib/engines/web/kept_pieces.ts";
import { concat } from "../../support/strict_parser.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const KIB = 1024;

function takeAll(kept: KeptPieces, place: Place): Bytes[] {
  const pieces: Bytes[] = [];
  for (let piece; (piece = kept.take(place)) !== undefined;) pieces.push(piece);
  return pieces;
}

/** Bytes of all buffers that are kept. */
function sizeOf(kept: KeptPieces): number {
  const buffers = new Set(takeAll(kept, new Place()).map(({ buffer }) => buffer));
  return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

Deno.test("KeptPieces: for any pieces, each place gets every byte once and in order", () => {
  const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 600 }), { maxLength: 60 });
  fc.assert(fc.property(pieces, fc.nat(60), (pieces, takenAfter) => {
    const kept = new KeptPieces();
    const early = new Place();
    const got: Bytes[] = [];
    for (const [index, piece] of pieces.entries()) {
      kept.add(Uint8Array.from(piece));
      if (index >= takenAfter) got.push(...takeAll(kept, early).map((bytes) => bytes.slice()));
    }
    got.push(...takeAll(kept, early));
    const whole = concat(pieces);
    assertEquals(concat(got), whole);
    assertEquals(concat(takeAll(kept, new Place())), whole);
  }));
});

for (const size of [1, 100, 1_000, 20 * KIB, 33 * KIB, 64 * KIB]) {
  Deno.test(`KeptPieces: pieces of ${size} bytes are kept in buffers of at most twice their bytes`, () => {
    const kept = new KeptPieces();
    const count = Math.ceil(192 * KIB / size);
    for (let i = 0; i < count; i++) kept.add(new Uint8Array(size));
    assert(sizeOf(kept) <= 2 * count * size, `${sizeOf(kept)} for ${count * size}`);
  });
}

Deno.test("KeptPieces: a piece that is not small is not copied", () => {
  const kept = new KeptPieces();
  const piece = new Uint8Array(1_000);
  kept.add(piece);
  assertStrictEquals(kept.take(new Place())!.buffer, piece.buffer);
});

Deno.test("KeptPieces: after what is before a place was forgotten, the rest is there", () => {
  const kept = new KeptPieces();
  const place = new Place();
  const [first, second] = [new Uint8Array(40 * KIB).fill(1), new Uint8Array(40 * KIB).fill(2)];
  kept.add(first);
  kept.take(place);
  kept.add(second);
  assertEquals(kept.take(place), second);
  kept.forgetBefore(place);
  assertEquals(sizeOf(kept), 0, "the second was taken, too, and nothing follows it");
  kept.add(new Uint8Array(1).fill(3));
  assertEquals(kept.take(place), new Uint8Array([3]));
});
