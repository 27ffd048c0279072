/** Requests for certificates (PKCS #10, RFC 2986), as an order is finalized with (RFC 8555, 7.4). */
import { subjectAltName } from "../tls/certificate_parts.ts";
import { integer, objectIdentifier, sequence, set, tagged } from "../tls/der.ts";
import { derOf } from "../tls/pem.ts";
import { signed } from "../tls/signed.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";

const EC = { name: "ECDSA", namedCurve: "P-256" };

/** A request without a subject: only the names count, and a common name could be too short for one. */
export async function certificateRequest(key: string, names: readonly string[]): Promise<Bytes> {
  const attribute = sequence(
    objectIdentifier(EXTENSION_REQUEST),
    set(sequence(subjectAltName(names))),
  );
  const version = integer(new Uint8Array([0]));
  const info = sequence(version, sequence(), await publicKeyOf(key), tagged(0, attribute));
  const privateKey = await crypto.subtle.importKey("pkcs8", derOf(key), EC, false, ["sign"]);
  return await signed(info, privateKey);
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
