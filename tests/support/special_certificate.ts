/** Certificates with extensions of a test's own, or of version 1: what lib/tls/issue.ts does not make. */
import { distinguishedName } from "../../lib/tls/certificate_parts.ts";
import { integer, sequence, tagged, time } from "../../lib/tls/der.ts";
import { type Issued, newKeys } from "../../lib/tls/issue.ts";
import { pemOf } from "../../lib/tls/pem.ts";
import { algorithmOf, signed } from "../../lib/tls/signed.ts";

export { extension } from "../../lib/tls/certificate_parts.ts";

export interface SpecialOptions {
  readonly subject: string;
  /** When it begins and ends to be valid, in milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
  /** None makes it one of version 1. */
  readonly extensions: readonly Uint8Array[];
}

/** @param issuer signs it; undefined lets it sign itself */
export async function specialCertificate(
  issuer: Issued | undefined,
  { subject, from, until, extensions }: SpecialOptions,
): Promise<Issued> {
  const keys = await newKeys();
  const signer = (issuer?.keys ?? keys).privateKey;
  const isVersion3 = extensions.length > 0;
  const body = sequence(
    ...isVersion3 ? [tagged(0, integer(new Uint8Array([2])))] : [],
    integer(new Uint8Array([7])),
    algorithmOf(signer),
    distinguishedName(issuer?.subject ?? subject),
    sequence(time(from), time(until)),
    distinguishedName(subject),
    new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey)),
    ...isVersion3 ? [tagged(3, sequence(...extensions))] : [],
  );
  const der = await signed(body, signer);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  return { subject, keys, cert: pemOf("CERTIFICATE", der), key: pemOf("PRIVATE KEY", pkcs8) };
}
