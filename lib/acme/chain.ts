/** Reads and checks certificates before they are used: what an authority sends, and what the store has. */
import { X509Certificate } from "node:crypto";
import type { Life } from "./schedule.ts";

/** A certificate that can be served. */
export interface AcmeCertificate extends Life {
  /** The certificate and those above it, in PEM. */
  readonly cert: string;
  /** Its private key, in PEM (PKCS #8). */
  readonly key: string;
  /** The DNS names that it covers, in lower case. */
  readonly names: readonly string[];
}

/** No chain is longer; roots and cross-signed ones included. */
const MAX_CERTIFICATES = 10;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export interface Expected {
  /** The key, in PEM (PKCS #8). */
  readonly key: string;
  /** Its public half, in DER (SubjectPublicKeyInfo). */
  readonly publicKey: Uint8Array;
  /** Must be covered, all of them. */
  readonly names: readonly string[];
  /** In milliseconds since 1970. */
  readonly now: number;
}

/** @returns the certificate, or what is wrong with it: `it does not cover b.test` */
export function checkChain(
  pem: string,
  { key, publicKey, names, now }: Expected,
): AcmeCertificate | string {
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) return "it is no certificate in PEM";
  if (blocks.length > MAX_CERTIFICATES) return `its chain has ${blocks.length} certificates`;
  const chain: X509Certificate[] = [];
  for (const [index, block] of blocks.entries()) {
    const certificate = parse(block);
    if (certificate === undefined) return `certificate ${index + 1} of its chain cannot be read`;
    chain.push(certificate);
  }
  const [leaf, ...above] = chain;
  const covered = dnsNamesOf(leaf!);
  const missing = names.filter((name) => !covered.includes(name));
  if (missing.length > 0) return `it does not cover ${missing.join(", ")}`;
  if (!equal(publicKey, leaf!.publicKey.export({ type: "spki", format: "der" }))) {
    return "it is for another key";
  }
  const life = {
    notBefore: leaf!.validFromDate.getTime(),
    notAfter: leaf!.validToDate.getTime(),
  };
  const dates = checkDates(life, now);
  if (dates !== undefined) return dates;
  const loose = above.findIndex((issuer, index) => !chain[index]!.checkIssued(issuer));
  if (loose !== -1) return `certificate ${loose + 2} of its chain did not issue the one before`;
  return { cert: `${blocks.join("\n")}\n`, key, names: covered, ...life };
}

function checkDates({ notBefore, notAfter }: Life, now: number): string | undefined {
  if (now >= notAfter) return `it expired at ${isoTime(notAfter)}`;
  if (now >= notBefore) return undefined;
  const time = `this machine's clock says ${isoTime(now)}`;
  return `it is valid from ${isoTime(notBefore)} only, and ${time}`;
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined; // whatever is wrong with it, its place is what can be said
  }
}

function dnsNamesOf({ subjectAltName = "" }: X509Certificate): string[] {
  const names = subjectAltName.matchAll(/(?:^|, )DNS:([^,]+)/g);
  return [...names].map(([, name]) => name!.toLowerCase());
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
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
