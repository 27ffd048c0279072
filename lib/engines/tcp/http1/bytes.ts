/** The bytes that each part of a message allows (RFC 9110, 5.5 and 5.6.2), and bytes as text. */
export const HTAB = 9, LF = 10, CR = 13, SP = 32, COLON = 58, SEMICOLON = 59;

type Bytes = Uint8Array<ArrayBuffer>;

/** 1 for each byte that a token allows: a method or a field name. */
export const TOKEN: Uint8Array = buildTable((byte) =>
  /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(byte))
);

/** 1 for each byte that a field value allows: any but control characters, of which only tab is allowed. */
export const FIELD_VALUE: Uint8Array = buildTable((byte) =>
  byte === HTAB || byte >= SP && byte !== 0x7f
);

/** 1 for each byte that a request target allows: visible ASCII except `#`, as it has no fragment. */
export const TARGET: Uint8Array = buildTable((byte) => byte > SP && byte < 0x7f && byte !== 0x23);

/** The value of each hexadecimal digit; 255 for any other byte. */
export const HEX: Uint8Array = new Uint8Array(256).map((_, byte) => {
  const digit = parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(digit) ? 255 : digit;
});

/** For each length of a short text a list, for its codes: a view of the bytes would cost more than the text. */
const CODES = Array.from({ length: 65 }, (_, length) => Array.from({ length }, () => 0));

/**
 * Decodes ISO-8859-1: one character per byte. TextDecoder cannot: its "latin1" is windows-1252.
 *
 * @param start of the part to decode
 * @param end of that part
 */
export function textOf(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const codes = CODES[end - start];
  if (codes !== undefined) {
    for (let i = 0; i < codes.length; i++) codes[i] = bytes[start + i]!;
    return String.fromCharCode.apply(null, codes);
  }
  let text = "";
  for (let at = start; at < end; at += 8192) {
    // Spread syntax would iterate over the bytes, which is several times slower.
    const piece = bytes.subarray(at, Math.min(end, at + 8192)) as unknown as number[];
    text += String.fromCharCode.apply(null, piece);
  }
  return text;
}

/** Decodes like {@linkcode textOf}. @param text is returned if it is equal: then no new one is made */
export function sameText(text: string, bytes: Uint8Array, start: number, end: number): string {
  if (text.length !== end - start) return textOf(bytes, start, end);
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) !== bytes[start + i]) return textOf(bytes, start, end);
  }
  return text;
}

/** Encodes ISO-8859-1: one byte per character. The text must have none above U+00FF. */
export function bytesOf(text: string): Bytes {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Up to this length a loop is faster than creating a view for `set`. */
const LOOP_MAX_BYTES = 96;

/**
 * Copies `from[start]` to `from[end]` (exclusive) into another array.
 *
 * @param at where the copy begins in `to`
 * @returns where it ends
 */
export function copy(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number) {
  if (end - start > LOOP_MAX_BYTES) {
    to.set(start === 0 && end === from.length ? from : from.subarray(start, end), at);
    return at + end - start;
  }
  while (start < end) to[at++] = from[start++]!;
  return at;
}

function buildTable(allows: (byte: number) => boolean): Uint8Array {
  return new Uint8Array(256).map((_, byte) => allows(byte) ? 1 : 0);
}

/** Whether bytes are a text of letters and `-` that is given in lower case. */
export function equalsIgnoringCase(
  bytes: Uint8Array,
  start: number,
  end: number,
  text: string,
): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) {
    if ((bytes[start + i]! | 0x20) !== text.charCodeAt(i)) return false;
  }
  return true;
}

/** Whether a byte is a space or a tab (OWS, RFC 9110, 5.6.3). */
export function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

/** The text from `bytes[start]` to `bytes[end]` (exclusive), without blanks around it. */
export function readTrimmed(bytes: Uint8Array, start: number, end: number): string {
  while (start < end && isBlank(bytes[start]!)) start++;
  while (end > start && isBlank(bytes[end - 1]!)) end--;
  return textOf(bytes, start, end);
}
