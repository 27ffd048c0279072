/** Reads and checks certificates before they are used: what an authority sends, and what the store has. */
import type { KeyObject } from "node:crypto";
import { createPrivateKey } from "node:crypto";
import { validityAt } from "../tls/certificate_details.ts";
import { firstOutOfOrder, placeOf, readChain } from "../tls/chain.ts";
import type { Life } from "./schedule.ts";

/** A certificate that can be served. */
export interface AcmeCertificate extends Life {
  /** The certificate and those above it, in PEM. */
  readonly cert: string;
  /** Its private key, in PEM (PKCS #8). */
  readonly key: string;
  /** What it covers, in lower case: DNS names and IP addresses. */
  readonly names: readonly string[];
}

/** No chain is longer; roots and cross-signed ones included. */
const MAX_CERTIFICATES = 10;

export interface Expected {
  /** The key, in PEM (PKCS #8). */
  readonly key: string;
  /** Must be covered, all of them. */
  readonly names: readonly string[];
  /** In milliseconds since 1970. */
  readonly now: number;
}

/**
 * Checks that it can be served, and is what was ordered.
 *
 * @param pem the certificate and those above it; what else the text has does not count
 * @returns the certificate, or what is wrong with it: `it does not cover b.test`
 */
export function checkChain(pem: string, { key, names, now }: Expected): AcmeCertificate | string {
  const chain = readChain(pem);
  if (!("leaf" in chain)) {
    const { count, unreadable } = chain;
    return count === 0
      ? "it is no certificate in PEM"
      : `certificate ${unreadable} of its chain cannot be read`;
  }
  const { certificates, kind: { problem } } = chain;
  const count = certificates.length;
  if (count > MAX_CERTIFICATES) return `its chain has ${count} certificates`;
  const missing = names.filter((name) => !chain.names.includes(name));
  if (missing.length > 0) return `it does not cover ${missing.join(", ")}`;
  if (problem !== undefined) return `it must have ${problem}`;
  const own = readKey(key);
  if (own === undefined) return "its private key cannot be read";
  if (placeOf(own, certificates) !== 0) return "it is for another key";
  const dates = checkDates(chain, now);
  if (dates !== undefined) return dates;
  const loose = firstOutOfOrder(certificates);
  if (loose !== -1) return `certificate ${loose + 1} of its chain did not issue the one before`;
  const { notBefore, notAfter } = chain;
  return { cert: chain.pem, key, names: chain.names, notBefore, notAfter };
}

function checkDates(life: Life, now: number): string | undefined {
  if (validityAt(life, now).isValid) return undefined;
  const { notBefore, notAfter } = life;
  if (now > notAfter) return `it expired at ${isoTime(notAfter)}`;
  const time = `this machine's clock says ${isoTime(now)}`;
  return `it is valid from ${isoTime(notBefore)} only, and ${time}`;
}

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined; // whatever is wrong with it
  }
}

/** `2026-03-01T12:00:00Z`. @param milliseconds since 1970 */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}

/**
 * Of certificates that do not cover all names, the one that covers most of them: after a name was added, the
 * others are served until there is a certificate for all.
 */
export function bestSubstitute(
  certificates: readonly AcmeCertificate[],
  names: readonly string[],
): AcmeCertificate | undefined {
  const coverage = (certificate: AcmeCertificate) =>
    names.filter((name) => certificate.names.includes(name)).length;
  const [best] = certificates.filter((certificate) => coverage(certificate) > 0)
    .sort((a, b) => coverage(b) - coverage(a) || b.notAfter - a.notAfter);
  return best;
}
