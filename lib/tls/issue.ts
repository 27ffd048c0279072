/**
 * Makes certificates (RFC 5280) without an authority: for trying TLS out, and for tests. Nobody trusts them
 * unless told to.
 */
import { isIP } from "node:net";
import {
  bitString,
  boolean,
  flags,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  tagged,
  time,
  utf8String,
} from "./der.ts";
import { pemOf } from "./pem.ts";
import { ecdsaSignature } from "./ecdsa_signature.ts";

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

const COMMON_NAME = "2.5.4.3";
const SUBJECT_ALT_NAME = "2.5.29.17";
const KEY_USAGE = "2.5.29.15";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const BASIC_CONSTRAINTS = "2.5.29.19";
const PURPOSES = { servers: "1.3.6.1.5.5.7.3.1", clients: "1.3.6.1.5.5.7.3.2" };
const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const RSA_WITH_SHA256 = "1.2.840.113549.1.1.11";

const DNS_NAME = 2;
const IP_ADDRESS = 7;

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
  const algorithm = algorithmOf(signer.privateKey);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey));
  const body = sequence(
    tagged(0, integer(new Uint8Array([2]))), // version 3
    integer(serialNumber()),
    algorithm,
    distinguishedName(issuer?.subject ?? subject),
    sequence(time(from), time(until)),
    distinguishedName(subject),
    spki,
    tagged(3, sequence(...extensions(options))),
  );
  const cert = sequence(body, algorithm, bitString(await sign(signer.privateKey, body)));
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
      ...ids.length === 0 ? [] : [extension(EXTENDED_KEY_USAGE, sequence(...ids), false)],
      extension(SUBJECT_ALT_NAME, sequence(...names.map(generalName)), false),
    ],
  ];
}

function extension(id: string, value: Bytes, isCritical: boolean): Bytes {
  const critical = isCritical ? [boolean(true)] : [];
  return sequence(objectIdentifier(id), ...critical, octetString(value));
}

function generalName(name: string): Bytes {
  const version = isIP(name);
  if (version === 0) return tagged(DNS_NAME, new TextEncoder().encode(name), false);
  return tagged(IP_ADDRESS, addressBytes(name, version), false);
}

function addressBytes(address: string, version: number): Bytes {
  if (version === 4) return new Uint8Array(address.split(".").map(Number));
  const [before = "", after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string | undefined) => text ? text.split(":") : [];
  const [first, last] = [groups(before), groups(after)];
  const missing = Array<string>(8 - first.length - last.length).fill("0");
  const all = [...first, ...missing, ...last].map((group) => Number.parseInt(group, 16));
  return new Uint8Array(all.flatMap((group) => [group >> 8, group & 255]));
}

function distinguishedName(commonName: string): Bytes {
  return sequence(set(sequence(objectIdentifier(COMMON_NAME), utf8String(commonName))));
}

/** One that nobody can guess, and that is positive (RFC 5280, 4.1.2.2). */
function serialNumber(): Bytes {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0]! &= 0x7f;
  bytes[0]! |= 0x40;
  return bytes;
}

function algorithmOf({ algorithm: { name } }: CryptoKey): Bytes {
  return name === "ECDSA"
    ? sequence(objectIdentifier(ECDSA_WITH_SHA256))
    : sequence(objectIdentifier(RSA_WITH_SHA256), new Uint8Array([5, 0]));
}

async function sign(key: CryptoKey, bytes: Bytes): Promise<Bytes> {
  const isEcdsa = key.algorithm.name === "ECDSA";
  const algorithm = isEcdsa ? { name: "ECDSA", hash: "SHA-256" } : key.algorithm.name;
  const signature = new Uint8Array(await crypto.subtle.sign(algorithm, key, bytes));
  return isEcdsa ? ecdsaSignature(signature) : signature;
}
