/** Requests for certificates (PKCS #10, RFC 2986), as an order is finalized with (RFC 8555, 7.4). */
import {
  bitString,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  tagged,
} from "../tls/der.ts";
import { ecdsaSignature } from "../tls/ecdsa_signature.ts";
import { derOf } from "../tls/pem.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
const SUBJECT_ALT_NAME = "2.5.29.17";
const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const DNS_NAME = 2;

const EC = { name: "ECDSA", namedCurve: "P-256" };

/** A request without a subject: only the names count, and a common name could be too short for one. */
export async function certificateRequest(key: string, names: readonly string[]): Promise<Bytes> {
  const alternatives = sequence(
    ...names.map((name) => tagged(DNS_NAME, new TextEncoder().encode(name), false)),
  );
  const extension = sequence(objectIdentifier(SUBJECT_ALT_NAME), octetString(alternatives));
  const attribute = sequence(objectIdentifier(EXTENSION_REQUEST), set(sequence(extension)));
  const version = integer(new Uint8Array([0]));
  const info = sequence(version, sequence(), await publicKeyOf(key), tagged(0, attribute));
  const privateKey = await crypto.subtle.importKey("pkcs8", derOf(key), EC, false, ["sign"]);
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  const signature = new Uint8Array(await crypto.subtle.sign(algorithm, privateKey, info));
  const signatureAlgorithm = sequence(objectIdentifier(ECDSA_WITH_SHA256));
  return sequence(info, signatureAlgorithm, bitString(ecdsaSignature(signature)));
}

/**
 * The public half of a private key, in DER (SubjectPublicKeyInfo).
 *
 * @param key in PEM (PKCS #8)
 * @throws if it is no ECDSA P-256 key
 */
export async function publicKeyOf(key: string): Promise<Bytes> {
  const privateKey = await crypto.subtle.importKey("pkcs8", derOf(key), EC, true, ["sign"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", privateKey);
  const jwk = { kty, crv, x, y } as JsonWebKey;
  const publicKey = await crypto.subtle.importKey("jwk", jwk, EC, true, ["verify"]);
  return new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
}
