/** Checks the authorities whose certificates clients show, before they are trusted. */
import { type CertificateProfile, profileOf } from "./certificate_profile.ts";
import { validityAt } from "./certificate_details.ts";
import { type PemBlock, pemBlocks } from "./pem.ts";

/** What is wrong, or should be known. */
export interface AuthorityFinding {
  readonly severity: "error" | "warning";
  /** The rest of a sentence that begins with the setting that names the file. */
  readonly message: string;
}

/**
 * @param text of the file
 * @param now in milliseconds since 1970
 * @param inForce authorities that are trusted already, in PEM: an end of one of them is only warned of
 * @returns `authorities` in PEM; undefined if they cannot be trusted
 */
export function checkAuthorities(
  text: string,
  now: number,
  inForce: ReadonlySet<string> = new Set(),
): { readonly authorities: string | undefined; readonly findings: readonly AuthorityFinding[] } {
  const blocks = pemBlocks(text).filter(({ label }) => label === "CERTIFICATE");
  if (blocks.length === 0) {
    return failed("must name a file with the certificate of an authority in PEM");
  }
  const authorities = blocks.map(({ text }) => text).join("");
  const isInForce = inForce.has(authorities);
  const findings = blocks.flatMap((block, index) => {
    const place = blocks.length === 1 ? "" : `: number ${index + 1} of ${blocks.length}`;
    return checkOne(block, now, isInForce).map((finding) => ({
      ...finding,
      message: finding.message + place,
    }));
  });
  if (findings.some(({ severity }) => severity === "error")) {
    return { authorities: undefined, findings };
  }
  return { authorities, findings };
}

function checkOne(block: PemBlock, now: number, isInForce: boolean): AuthorityFinding[] {
  const profile = read(block);
  if (profile === undefined) return [refused("must name a file with certificates in PEM")];
  const { isVersion3, isAuthority } = profile;
  // node:tls takes a certificate of version 1 for proved without its key: everybody could show it.
  if (!isVersion3) return [refused("must name certificates of version 3 (X.509)")];
  if (!isAuthority && !signsItself(profile)) {
    return [refused("must name authorities, or certificates that sign themselves")];
  }
  const { isValid, fault } = validityAt(profile, now);
  if (!isValid && !isInForce) {
    return [refused(`must name certificates that are valid: one ${fault}`)];
  }
  return fault === undefined
    ? []
    : [{ severity: "warning", message: `names a certificate that ${fault}` }];
}

function read({ text }: PemBlock): CertificateProfile | undefined {
  try {
    return profileOf(text);
  } catch {
    return undefined;
  }
}

function signsItself({ certificate, subject, issuer }: CertificateProfile): boolean {
  if (subject !== issuer) return false;
  try {
    return certificate.verify(certificate.publicKey);
  } catch {
    return false; // a kind of key that is not known here
  }
}

function failed(message: string) {
  return { authorities: undefined, findings: [refused(message)] };
}

function refused(message: string): AuthorityFinding {
  return { severity: "error", message };
}
