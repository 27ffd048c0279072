/**
 * Request ids: version 4 UUIDs (RFC 9562, 5.4), written as bytes. `crypto.randomUUID` would allocate a
 * string for each request.
 */
const DIGITS = new TextEncoder().encode("0123456789abcdef");
const HYPHEN = 0x2d;

/** The length of an id. */
export const REQUEST_ID_BYTES = 36;

/** The offset in an id of the two digits of each of its 16 bytes. */
const DIGIT_OFFSETS = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/** Ids that random bytes are fetched for at a time. */
const BATCH_SIZE = 256;

const random = new Uint8Array(16 * BATCH_SIZE);
let used = random.length;

/** Writes a new id to `bytes[at]` and on. */
export function writeRequestId(bytes: Uint8Array, at: number): void {
  if (used === random.length) {
    crypto.getRandomValues(random);
    used = 0;
  }
  random[used + 6] = random[used + 6]! & 0x0f | 0x40; // version 4
  random[used + 8] = random[used + 8]! & 0x3f | 0x80; // variant 10
  bytes[at + 8] =
    bytes[at + 13] =
    bytes[at + 18] =
    bytes[at + 23] =
      HYPHEN;
  for (let i = 0; i < 16; i++) {
    const byte = random[used++]!;
    const digits = at + DIGIT_OFFSETS[i]!;
    bytes[digits] = DIGITS[byte >> 4]!;
    bytes[digits + 1] = DIGITS[byte & 0x0f]!;
  }
}
