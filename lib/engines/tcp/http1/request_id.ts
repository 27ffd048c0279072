/**
 * Request ids, written as bytes: a version 4 UUID (RFC 9562, 5.4), as `crypto.randomUUID` makes, whose
 * string would have to be made, copied and thrown away for each request.
 */
const DIGITS = new TextEncoder().encode("0123456789abcdef");
const HYPHEN = 0x2d;

/** Characters of an id. */
export const REQUEST_ID_LENGTH = 36;

/** Where the two digits of each of the 16 bytes stand in an id. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/** Random bytes are fetched for so many ids at a time. */
const pool = new Uint8Array(16 * 256);
let used = pool.length;

/** Writes an id into the bytes, from an offset on. */
export function writeRequestId(bytes: Uint8Array, at: number): void {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  pool[used + 6] = pool[used + 6]! & 0x0f | 0x40; // version 4
  pool[used + 8] = pool[used + 8]! & 0x3f | 0x80; // variant 10
  bytes[at + 8] =
    bytes[at + 13] =
    bytes[at + 18] =
    bytes[at + 23] =
      HYPHEN;
  for (let i = 0; i < 16; i++) {
    const byte = pool[used++]!;
    const place = at + PLACES[i]!;
    bytes[place] = DIGITS[byte >> 4]!;
    bytes[place + 1] = DIGITS[byte & 0x0f]!;
  }
}
