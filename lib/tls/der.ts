/** Writes DER (ITU-T X.690): what certificates and requests for them are made of. */

type Bytes = Uint8Array<ArrayBuffer>;

const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;
const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

/** UTCTime has two digits for the year, up to this one (RFC 5280, 4.1.2.5). */
const LAST_UTC_YEAR = 2049;

/** An element: its tag, its length, and what it holds. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Bytes {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  const header = length < 128 ? [tag, length] : longHeader(tag, length);
  const bytes = new Uint8Array(header.length + length);
  bytes.set(header);
  let at = header.length;
  for (const part of contents) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function longHeader(tag: number, length: number): number[] {
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return [tag, 0x80 | digits.length, ...digits];
}

export function sequence(...contents: readonly Uint8Array[]): Bytes {
  return element(SEQUENCE, ...contents);
}

export function set(...contents: readonly Uint8Array[]): Bytes {
  return element(SET, ...contents);
}

/** One of several alternatives, or an optional part, by its number. @param isConstructed whether it holds elements */
export function tagged(number: number, content: Uint8Array, isConstructed = true): Bytes {
  return element(CONTEXT | (isConstructed ? CONSTRUCTED : 0) | number, content);
}

export function boolean(value: boolean): Bytes {
  return element(BOOLEAN, new Uint8Array([value ? 0xff : 0]));
}

/** A number that is not negative. @param bytes the largest first */
export function integer(bytes: Uint8Array): Bytes {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? new Uint8Array(1) : bytes.subarray(first);
  return digits[0]! < 0x80 ? element(INTEGER, digits) : element(INTEGER, new Uint8Array(1), digits);
}

export function bitString(bytes: Uint8Array): Bytes {
  return element(BIT_STRING, new Uint8Array(1), bytes);
}

/** @param bits the first one comes first */
export function flags(...bits: readonly boolean[]): Bytes {
  const last = bits.lastIndexOf(true) + 1;
  const bytes = new Uint8Array(Math.ceil(last / 8));
  bits.forEach((bit, index) => {
    if (bit) bytes[index >> 3]! |= 0x80 >> (index & 7);
  });
  return element(BIT_STRING, new Uint8Array([bytes.length * 8 - last]), bytes);
}

export function octetString(bytes: Uint8Array): Bytes {
  return element(OCTET_STRING, bytes);
}

export function utf8String(text: string): Bytes {
  return element(UTF8_STRING, new TextEncoder().encode(text));
}

/** @param text such as `2.5.29.17` */
export function objectIdentifier(text: string): Bytes {
  const [first = 0, second = 0, ...others] = text.split(".").map(Number);
  return element(
    OBJECT_IDENTIFIER,
    new Uint8Array([first * 40 + second, ...others.flatMap(base128)]),
  );
}

function base128(number: number): number[] {
  const digits = [number % 128];
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) {
    digits.unshift(0x80 | rest % 128);
  }
  return digits;
}

/** @param milliseconds since 1970 */
export function time(milliseconds: number): Bytes {
  const date = new Date(milliseconds);
  const text = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return date.getUTCFullYear() <= LAST_UTC_YEAR
    ? element(UTC_TIME, new TextEncoder().encode(text.slice(2)))
    : element(GENERALIZED_TIME, new TextEncoder().encode(text));
}
