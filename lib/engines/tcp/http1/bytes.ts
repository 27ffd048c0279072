/** Bytes as HTTP/1.1 sees them: which may stand where (RFC 9110, 5.5 and 5.6.2), and as text. */
export const HTAB = 9, LF = 10, CR = 13, SP = 32, COLON = 58, SEMICOLON = 59;

type Bytes = Uint8Array<ArrayBuffer>;

/** 1 for each byte that may stand in a token: a method or a field's name. */
export const TOKEN: Uint8Array = table((byte) =>
  /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(byte))
);

/** 1 for each byte that may stand in a field's value: no control character but the tab. */
export const FIELD_VALUE: Uint8Array = table((byte) =>
  byte === HTAB || byte >= SP && byte !== 0x7f
);

/** 1 for each byte that may stand in a request target: visible ASCII, and no fragment. */
export const TARGET: Uint8Array = table((byte) => byte > SP && byte < 0x7f && byte !== 0x23);

/** The value of each hexadecimal digit; 255 for any other byte. */
export const HEX: Uint8Array = new Uint8Array(256).map((_, byte) => {
  const digit = parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(digit) ? 255 : digit;
});

/** One character per byte; TextDecoder's "latin1" is windows-1252, which is not. */
export function textOf(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = "";
  for (let at = start; at < end; at += 8192) {
    // Spreading them instead would take each byte out of an iterator: several times slower.
    const piece = bytes.subarray(at, Math.min(end, at + 8192)) as unknown as number[];
    text += String.fromCharCode.apply(null, piece);
  }
  return text;
}

/** One byte per character; for text with no character above U+00FF. */
export function bytesOf(text: string): Bytes {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/**
 * Copies bytes from one array to another; a few of them faster than a view of them is made.
 *
 * @returns where the copy ends
 */
export function copy(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number) {
  if (end - start > 96) {
    to.set(start === 0 && end === from.length ? from : from.subarray(start, end), at);
    return at + end - start;
  }
  while (start < end) to[at++] = from[start++]!;
  return at;
}

function table(holds: (byte: number) => boolean): Uint8Array {
  return new Uint8Array(256).map((_, byte) => holds(byte) ? 1 : 0);
}
