/**
 * Whether a certificate of a client is one of an authority's (RFC 5280, 6), as far as that is certain: what has
 * rules that are not understood here is not accepted. For sessions that are resumed, of which node:tls verifies
 * nothing again.
 */
import { type CertificateProfile, profileOf } from "./certificate_profile.ts";

/** How many certificates may stand between a leaf and an authority that is trusted. */
const MAX_DEPTH = 8;

/** How many signatures are checked: certificates with the same names could lead to any number of paths. */
const MAX_SIGNATURES = 32;

/**
 * @param chain what the client sent, its own certificate first, as DER
 * @param authorities those that are trusted, whenever they are valid
 * @param now in milliseconds since 1970
 * @returns why it is not accepted; undefined if it is
 */
export function verifyClient(
  chain: readonly Uint8Array[],
  authorities: readonly CertificateProfile[],
  now: number,
): string | undefined {
  try {
    const [leaf, ...above] = chain.map((der) => profileOf(der));
    if (leaf === undefined) return "there is no certificate";
    return reasonAgainst(leaf, authorities, now) ??
      (new Search(above, authorities, now).leadsUp(leaf)
        ? undefined
        : "no authority vouches for it");
  } catch {
    return "a certificate cannot be read";
  }
}

function reasonAgainst(
  leaf: CertificateProfile,
  authorities: readonly CertificateProfile[],
  now: number,
): string | undefined {
  if (!isUsable(leaf, now)) return "it is not valid now, or has rules that are not understood";
  if (!leaf.isForClients) return "it is not for clients";
  if (leaf.isAuthority && !authorities.some((one) => isSame(one, leaf))) {
    return "it is an authority's";
  }
  return undefined;
}

class Search {
  readonly #above: readonly CertificateProfile[];
  readonly #authorities: readonly CertificateProfile[];
  #signatures = 0;

  constructor(
    above: readonly CertificateProfile[],
    authorities: readonly CertificateProfile[],
    now: number,
  ) {
    this.#above = above.filter((one) => isUsable(one, now) && one.isForClients);
    this.#authorities = authorities.filter((one) => one.isVersion3 && !one.hasOtherRules);
  }

  /** @param below those on the way to it */
  leadsUp(certificate: CertificateProfile, below: readonly CertificateProfile[] = []): boolean {
    if (this.#authorities.some((authority) => isSame(authority, certificate))) return true;
    if (this.#authorities.some((one) => this.#hasIssued(one, certificate, below.length))) {
      return true;
    }
    if (below.length >= MAX_DEPTH) return false;
    const path = [...below, certificate];
    return this.#above.some((one) =>
      !path.includes(one) && this.#hasIssued(one, certificate, below.length) &&
      this.leadsUp(one, path)
    );
  }

  /** @param depth how many authorities stand below */
  #hasIssued(issuer: CertificateProfile, issued: CertificateProfile, depth: number): boolean {
    if (issuer.subject !== issued.issuer || !issuer.isAuthority || depth > issuer.maxDepth) {
      return false;
    }
    if (++this.#signatures > MAX_SIGNATURES) return false;
    try {
      return issued.certificate.verify(issuer.certificate.publicKey);
    } catch {
      return false; // a kind of key, or of signature, that is not known here
    }
  }
}

function isUsable(one: CertificateProfile, now: number): boolean {
  return one.isVersion3 && !one.hasOtherRules && one.notBefore <= now && now <= one.notAfter;
}

function isSame(one: CertificateProfile, other: CertificateProfile): boolean {
  return one.certificate.raw.equals(other.certificate.raw);
}
