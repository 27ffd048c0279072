/** Certificates with extensions of a test's own, or of version 1: what lib/tls/issue.ts does not make. */
import {
  bitString,
  boolean,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  tagged,
  time,
  utf8String,
} from "../../lib/tls/der.ts";
import { ecdsaSignature } from "../../lib/tls/ecdsa_signature.ts";
import { type Issued, newKeys } from "../../lib/tls/issue.ts";
import { pemOf } from "../../lib/tls/pem.ts";

export interface SpecialOptions {
  readonly subject: string;
  /** When it begins and ends to be valid, in milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
  /** None makes it one of version 1. */
  readonly extensions: readonly Uint8Array[];
}

const ECDSA_WITH_SHA256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));

/** @param issuer signs it; undefined lets it sign itself */
export async function specialCertificate(
  issuer: Issued | undefined,
  { subject, from, until, extensions }: SpecialOptions,
): Promise<Issued> {
  const keys = await newKeys();
  const isVersion3 = extensions.length > 0;
  const body = sequence(
    ...isVersion3 ? [tagged(0, integer(new Uint8Array([2])))] : [],
    integer(new Uint8Array([7])),
    ECDSA_WITH_SHA256,
    nameOf(issuer?.subject ?? subject),
    sequence(time(from), time(until)),
    nameOf(subject),
    new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey)),
    ...isVersion3 ? [tagged(3, sequence(...extensions))] : [],
  );
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  const signer = (issuer?.keys ?? keys).privateKey;
  const signature = new Uint8Array(await crypto.subtle.sign(algorithm, signer, body));
  const der = sequence(body, ECDSA_WITH_SHA256, bitString(ecdsaSignature(signature)));
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  return { subject, keys, cert: pemOf("CERTIFICATE", der), key: pemOf("PRIVATE KEY", pkcs8) };
}

export function extension(id: string, value: Uint8Array, isCritical = false): Uint8Array {
  return sequence(objectIdentifier(id), ...isCritical ? [boolean(true)] : [], octetString(value));
}

function nameOf(commonName: string): Uint8Array {
  return sequence(set(sequence(objectIdentifier("2.5.4.3"), utf8String(commonName))));
}
