/**
 * Request ids, written as bytes: a version 4 UUID (RFC 9562, 5.4), as `crypto.randomUUID` makes, whose
 * string would have to be made, copied and thrown away for each request.
 */
const DIGITS = new TextEncoder().encode("0123456789abcdef");
const HYPHEN = 0x2d;

/** Characters of an id. */
export const REQUEST_ID_LENGTH = 36;

/** Random bytes are fetched for so many ids at a time. */
const pool = new Uint8Array(16 * 256);
let used = pool.length;

/** Writes an id into the bytes, from an offset on. */
export function writeRequestId(bytes: Uint8Array, at: number): void {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  for (let i = 0; i < 16; i++) {
    let byte = pool[used++]!;
    if (i === 6) byte = byte & 0x0f | 0x40;
    if (i === 8) byte = byte & 0x3f | 0x80;
    if (i === 4 || i === 6 || i === 8 || i === 10) bytes[at++] = HYPHEN;
    bytes[at++] = DIGITS[byte >> 4]!;
    bytes[at++] = DIGITS[byte & 0x0f]!;
  }
}
