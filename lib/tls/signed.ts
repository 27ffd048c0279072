/** Signs what certificates and requests for them say: both end in the same form (RFC 5280, 4.1.1; RFC 2986, 4.2). */
import { bitString, integer, objectIdentifier, sequence } from "./der.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const RSA_WITH_SHA256 = "1.2.840.113549.1.1.11";
const NULL = new Uint8Array([5, 0]);

/** What a key signs with: ECDSA or RSA, with SHA-256. */
export function algorithmOf({ algorithm: { name } }: CryptoKey): Bytes {
  return name === "ECDSA"
    ? sequence(objectIdentifier(ECDSA_WITH_SHA256))
    : sequence(objectIdentifier(RSA_WITH_SHA256), NULL);
}

/** A body with its signature. @param key a private key of ECDSA or RSA */
export async function signed(body: Bytes, key: CryptoKey): Promise<Bytes> {
  const isEcdsa = key.algorithm.name === "ECDSA";
  const algorithm = isEcdsa ? { name: "ECDSA", hash: "SHA-256" } : key.algorithm.name;
  const signature = new Uint8Array(await crypto.subtle.sign(algorithm, key, body));
  const bits = bitString(isEcdsa ? ecdsaSignature(signature) : signature);
  return sequence(body, algorithmOf(key), bits);
}

/** WebCrypto's signatures of ECDSA are two numbers in a row (RFC 3279, 2.2.3, has the form for certificates). */
function ecdsaSignature(raw: Bytes): Bytes {
  const half = raw.length / 2;
  return sequence(integer(raw.subarray(0, half)), integer(raw.subarray(half)));
}
