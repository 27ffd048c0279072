/** What a certificate for servers says of itself, as plain data. */
import { dateOf } from "../time/date.ts";
import type { CertificateUse } from "./certificate_choice.ts";

export interface CertificateDetails extends CertificateUse {
  /** From when and until when it is valid, in milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** The common name of who issued it. */
  readonly issuer: string;
  /** SHA-256 of it, in hexadecimal with colons. */
  readonly fingerprint: string;
}

/** A certificate that can be served, with its key. */
export interface CheckedCertificate extends CertificateDetails {
  /** With those above it, in PEM. */
  readonly cert: string;
  /** In PEM (PKCS #8). */
  readonly key: string;
}

const DAY_MS = 24 * 3_600_000;

/** From when on a certificate should have been renewed: Let's Encrypt's are at two thirds of their life, 30 days before. */
export const EXPIRES_SOON_DAYS = 14;

/** Whole days until it expires; negative once it has. @param now in milliseconds since 1970 */
export function daysLeft({ notAfter }: Pick<CertificateDetails, "notAfter">, now: number): number {
  return Math.floor((notAfter - now) / DAY_MS);
}

/**
 * What should be known of its end, as the end of a sentence that begins with it; undefined if that is far.
 *
 * @param now in milliseconds since 1970
 */
export function expiryOf(
  certificate: Pick<CertificateDetails, "notAfter">,
  now: number,
): string | undefined {
  const days = daysLeft(certificate, now);
  if (days >= EXPIRES_SOON_DAYS) return undefined;
  const on = dateOf(certificate.notAfter);
  if (days < 0) return `expired on ${on}`;
  const left = days === 0 ? "less than a day" : days === 1 ? "1 day" : `${days} days`;
  return `expires in ${left}, on ${on}`;
}

/**
 * Whether it is valid at a time, which its beginning and its end are (RFC 5280, 4.1.2.5), and what should be known of
 * that, as the end of a sentence that begins with it: that it is not, or that it expires soon.
 *
 * @param now in milliseconds since 1970
 */
export function validityAt(
  { notBefore, notAfter }: Pick<CertificateDetails, "notBefore" | "notAfter">,
  now: number,
): { readonly isValid: boolean; readonly fault: string | undefined } {
  if (now < notBefore) {
    return { isValid: false, fault: `is valid only from ${dateOf(notBefore)} on` };
  }
  return { isValid: now <= notAfter, fault: expiryOf({ notAfter }, now) };
}

/** Whether a certificate's names cover a host, in lower case: `*` stands for one label (RFC 9525, 6.3). */
export function coversHost({ names }: Pick<CertificateDetails, "names">, host: string): boolean {
  return names.includes(host) || names.includes(host.replace(/^[^.]+(?=\.)/, "*"));
}

/** The names of a certificate, for a message. */
export function titleOf({ names: [first = "", ...others] }: CertificateUse): string {
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}
