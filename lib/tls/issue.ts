/**
 * Makes certificates (RFC 5280) without an authority: for trying TLS out, and for tests. Nobody trusts them
 * unless told to.
 */
import {
  BASIC_CONSTRAINTS,
  distinguishedName,
  EXTENDED_KEY_USAGE,
  extension,
  KEY_USAGE,
  subjectAltName,
} from "./certificate_parts.ts";
import { boolean, flags, integer, objectIdentifier, sequence, tagged, time } from "./der.ts";
import { pemOf } from "./pem.ts";
import { algorithmOf, signed } from "./signed.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface IssueOptions {
  /** DNS names and IP addresses that it covers; the first one is its subject. */
  readonly names: readonly string[];
  /** When it begins and ends to be valid, in milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
  /** Its own key; by default a new one. */
  readonly keys?: CryptoKeyPair;
  /** Whether it may issue others. */
  readonly isAuthority?: boolean;
  /** How many authorities may stand below it, if it is one; by default any number. */
  readonly maxDepth?: number;
  /** What it is for, if it is no authority; by default for servers and for clients. Empty says nothing of it. */
  readonly purposes?: readonly Purpose[];
  /** Who issues it; by default it signs itself. */
  readonly issuer?: Issued;
}

/** Whom a certificate is for. */
export type Purpose = keyof typeof PURPOSES;

/** A certificate, and its key. */
export interface Issued {
  readonly subject: string;
  readonly keys: CryptoKeyPair;
  /** In PEM. */
  readonly cert: string;
  /** In PEM (PKCS #8). */
  readonly key: string;
}

const PURPOSES = { servers: "1.3.6.1.5.5.7.3.1", clients: "1.3.6.1.5.5.7.3.2" };

/** Those that everything supports: ECDSA with P-256. */
export function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
}

export async function issue(options: IssueOptions): Promise<Issued> {
  const { names, from, until, issuer } = options;
  const keys = options.keys ?? await newKeys();
  const [subject = ""] = names;
  const signer = issuer?.keys ?? keys;
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey));
  const body = sequence(
    tagged(0, integer(new Uint8Array([2]))), // version 3
    integer(serialNumber()),
    algorithmOf(signer.privateKey),
    distinguishedName(issuer?.subject ?? subject),
    sequence(time(from), time(until)),
    distinguishedName(subject),
    spki,
    tagged(3, sequence(...extensions(options))),
  );
  const cert = await signed(body, signer.privateKey);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  return { subject, keys, cert: pemOf("CERTIFICATE", cert), key: pemOf("PRIVATE KEY", pkcs8) };
}

function extensions(options: IssueOptions): Bytes[] {
  const { names, isAuthority = false, maxDepth, purposes = ["servers", "clients"] } = options;
  const usage = isAuthority
    ? flags(false, false, false, false, false, true, true) // certificates, revocation lists
    : flags(true); // signatures
  const depth = maxDepth === undefined ? [] : [integer(new Uint8Array([maxDepth]))];
  const constraints = isAuthority ? sequence(boolean(true), ...depth) : sequence();
  const ids = purposes.map((purpose) => objectIdentifier(PURPOSES[purpose]));
  return [
    extension(BASIC_CONSTRAINTS, constraints, true),
    extension(KEY_USAGE, usage, true),
    ...isAuthority ? [] : [
      ...ids.length === 0 ? [] : [extension(EXTENDED_KEY_USAGE, sequence(...ids))],
      subjectAltName(names),
    ],
  ];
}

/** One that nobody can guess, and that is positive (RFC 5280, 4.1.2.2). */
function serialNumber(): Bytes {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0]! &= 0x7f;
  bytes[0]! |= 0x40;
  return bytes;
}
