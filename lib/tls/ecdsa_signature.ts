/** ECDSA's signatures as certificates have them: WebCrypto's are two numbers in a row (RFC 3279, 2.2.3). */
import { integer, sequence } from "./der.ts";

export function ecdsaSignature(raw: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const half = raw.length / 2;
  return sequence(integer(raw.subarray(0, half)), integer(raw.subarray(half)));
}
