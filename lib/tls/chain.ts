/** A certificate with those above it, as servers send them: what stands in it, before anything is made of that. */
import type { KeyObject } from "node:crypto";
import { X509Certificate } from "node:crypto";
import { type KeyKind, keyKindOf } from "./key_kind.ts";
import { pemBlocks } from "./pem.ts";

export interface Chain {
  /** The certificate, and those above it. */
  readonly certificates: readonly X509Certificate[];
  /** All of them in PEM, without what else stood in the text. */
  readonly pem: string;
  /** The certificate alone. */
  readonly leaf: X509Certificate;
  /** What it covers, in lower case: DNS names and IP addresses. */
  readonly names: readonly string[];
  readonly kind: KeyKind;
  /** From when and until when it is valid, in milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Why there is no chain: none of its certificates is there, or one cannot be read. */
export interface NoChain {
  /** How many certificates the text has. */
  readonly count: number;
  /** The first one that cannot be read, from 1; 0 if there is none at all. */
  readonly unreadable: number;
}

/** A name that a client can ask for. */
const DNS_NAME = /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/** @param text in PEM; what else it has does not count */
export function readChain(text: string): Chain | NoChain {
  const blocks = pemBlocks(text).filter(({ label }) => label === "CERTIFICATE");
  const certificates: X509Certificate[] = [];
  for (const [index, block] of blocks.entries()) {
    try {
      certificates.push(new X509Certificate(block.text));
    } catch {
      return { count: blocks.length, unreadable: index + 1 };
    }
  }
  const [leaf] = certificates;
  if (leaf === undefined) return { count: 0, unreadable: 0 };
  return {
    certificates,
    pem: certificates.map((each) => each.toString()).join(""),
    leaf,
    names: namesOf(leaf),
    kind: keyKindOf(leaf),
    notBefore: Date.parse(leaf.validFrom),
    notAfter: Date.parse(leaf.validTo),
  };
}

/** Where the certificate of a private key stands: 0 if it is the first, -1 if it is none of them. */
export function placeOf(key: KeyObject, certificates: readonly X509Certificate[]): number {
  return certificates.findIndex((one) => belongsTo(one, key));
}

/** Where the first one stands that did not issue the one before it (RFC 8446, 4.4.2); -1 if all did. */
export function firstOutOfOrder(certificates: readonly X509Certificate[]): number {
  return certificates.findIndex((one, index) =>
    index > 0 && !certificates[index - 1]!.checkIssued(one)
  );
}

function belongsTo(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(key);
  } catch {
    return false; // keys of kinds that are not served
  }
}

function namesOf({ subjectAltName = "" }: X509Certificate): string[] {
  return subjectAltName.split(", ").flatMap((entry) => {
    const [, kind, text = ""] = /^(DNS|IP Address):(.*)$/.exec(entry) ?? [];
    const name = text.toLowerCase();
    if (kind === "DNS") return DNS_NAME.test(name) ? [name] : [];
    return kind === undefined ? [] : [name];
  });
}
