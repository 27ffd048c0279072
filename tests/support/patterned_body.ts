/** Bodies in which no byte can be lost, doubled or moved unseen. */
import { Buffer } from "node:buffer";

/** @param number of the body: each has bytes of its own */
export function patternedBody(length: number, number = 0): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(length);
  for (let at = 0; at < length; at++) {
    body[at] = 31 * number + 7 * at + 13 * (at >> 8) + 5 * (at >> 16);
  }
  return body;
}

/** Where bytes differ first, without the millions of lines of a difference; undefined if they are equal. */
export function differAt(actual: Uint8Array, expected: Uint8Array): number | undefined {
  if (Buffer.compare(actual, expected) === 0) return undefined;
  const at = expected.findIndex((byte, at) => actual[at] !== byte);
  return at === -1 ? expected.length : at;
}
