/** Reads DER (ITU-T X.690), as far as certificates need it. */

/** One element. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  /** With its tag and length. */
  readonly whole: Uint8Array;
}

/** More digits of a length would be more bytes than any handshake carries. */
const MAX_LENGTH_DIGITS = 3;

/** The elements that stand one after the other. @throws if they are no DER */
export function readDer(bytes: Uint8Array): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length;) {
    const [tag = 0, first] = bytes.subarray(at, at + 2);
    if (first === undefined || (tag & 0x1f) === 0x1f) throw invalid();
    const digits = first < 0x80 ? 0 : first & 0x7f;
    if (first === 0x80 || digits > MAX_LENGTH_DIGITS) throw invalid();
    const start = at + 2 + digits;
    const length = digits === 0
      ? first
      : bytes.subarray(at + 2, start).reduce((sum, digit) => sum * 256 + digit, 0);
    const end = start + length;
    if (end > bytes.length) throw invalid();
    elements.push({ tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return elements;
}

/** The only element. @throws if it is not the only one, or has another tag */
export function readOnly(bytes: Uint8Array, tag: number): DerElement {
  const [element, ...others] = readDer(bytes);
  if (element?.tag !== tag || others.length > 0) throw invalid();
  return element;
}

function invalid(): Error {
  return new Error("this is no DER");
}
