/** What a certificate (RFC 5280) says of what it may be used for. */
import * as parts from "./certificate_parts.ts";
import { X509Certificate } from "node:crypto";
import { boolean, integer, objectIdentifier, tagged } from "./der.ts";
import { type DerElement, readDer, readOnly } from "./read_der.ts";

export interface CertificateProfile {
  readonly certificate: X509Certificate;
  /** As DER: names are the same if their bytes are. */
  readonly subject: string;
  readonly issuer: string;
  /** In milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Whether it has extensions, so that it can say what it may be used for. */
  readonly isVersion3: boolean;
  /** Whether it may issue others, and how many authorities may stand between it and a leaf. */
  readonly isAuthority: boolean;
  readonly maxDepth: number;
  /** Whether it, and what it issues, may prove who a client is. */
  readonly isForClients: boolean;
  /** Whether it has rules that are not understood here: then it must not be accepted (RFC 5280, 4.2). */
  readonly hasOtherRules: boolean;
}

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const SEQUENCE = 0x30;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;

const VERSION_3 = tagged(0, integer(new Uint8Array([2]))).toHex();

/** Where these stand, after the version. */
const [ALGORITHM, ISSUER, SUBJECT] = [1, 2, 4];

/** The bit of a key usage that lets a key sign certificates, in its first byte. */
const SIGNS_CERTIFICATES = 0x04;

const hexOf = (id: string) => objectIdentifier(id).toHex();
const BASIC_CONSTRAINTS = hexOf(parts.BASIC_CONSTRAINTS);
const KEY_USAGE = hexOf(parts.KEY_USAGE);
const EXTENDED_KEY_USAGE = hexOf(parts.EXTENDED_KEY_USAGE);
const SUBJECT_ALT_NAME = hexOf(parts.SUBJECT_ALT_NAME);
const NAME_CONSTRAINTS = hexOf("2.5.29.30");
const CLIENT_AUTH = hexOf("1.3.6.1.5.5.7.3.2");

/** Those that are read here, or say nothing of use. */
const UNDERSTOOD = [BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE, SUBJECT_ALT_NAME];

const TRUE = boolean(true).toHex();

/** @param der or PEM @throws if it is no certificate */
export function profileOf(der: string | Uint8Array): CertificateProfile {
  const certificate = new X509Certificate(der);
  const [tbs, algorithm, signature] = readDer(readOnly(certificate.raw, SEQUENCE).content);
  const [first, ...others] = readDer(tbs!.content);
  const isVersion3 = first?.tag === VERSION && first.whole.toHex() === VERSION_3;
  const fields = first?.tag === VERSION ? others : [first!, ...others];
  if (
    fields[ALGORITHM]!.whole.toHex() !== algorithm?.whole.toHex() ||
    signature?.tag !== BIT_STRING || signature.content[0] !== 0
  ) throw new Error("this certificate has an invalid signature");
  const extensions = extensionsOf(fields.find(({ tag }) => tag === EXTENSIONS));
  const [isAuthority, maxDepth] = constraintsOf(extensions.get(BASIC_CONSTRAINTS)?.value);
  const usage = usageOf(extensions.get(KEY_USAGE)?.value);
  return {
    certificate,
    subject: fields[SUBJECT]!.whole.toHex(),
    issuer: fields[ISSUER]!.whole.toHex(),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    isVersion3,
    isAuthority: isAuthority && (usage & SIGNS_CERTIFICATES) !== 0,
    maxDepth,
    isForClients: purposesOf(extensions.get(EXTENDED_KEY_USAGE)?.value),
    hasOtherRules: extensions.has(NAME_CONSTRAINTS) ||
      [...extensions].some(([id, { isCritical }]) => isCritical && !UNDERSTOOD.includes(id)),
  };
}

interface Extension {
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

/** By their ids, as hexadecimal DER. */
function extensionsOf(field: DerElement | undefined): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  if (field === undefined) return extensions;
  for (const { content } of readDer(readOnly(field.content, SEQUENCE).content)) {
    const [id, ...rest] = readDer(content);
    const value = rest.at(-1);
    const name = id?.whole.toHex() ?? "";
    if (id?.tag !== OBJECT_IDENTIFIER || value?.tag !== OCTET_STRING || extensions.has(name)) {
      throw new Error("this certificate has invalid extensions");
    }
    const isCritical = rest.length > 1 && rest[0]!.whole.toHex() === TRUE;
    extensions.set(name, { isCritical, value: value.content });
  }
  return extensions;
}

function constraintsOf(value: Uint8Array | undefined): [isAuthority: boolean, maxDepth: number] {
  if (value === undefined) return [false, 0];
  const [first, second] = readDer(readOnly(value, SEQUENCE).content);
  if (first?.whole.toHex() !== TRUE) return [false, 0];
  if (second === undefined) return [true, Infinity];
  if (second.tag !== INTEGER || second.content.length !== 1) return [true, 0];
  return [true, second.content[0]!];
}

/** What its key may be used for: the first byte. Without the extension that is all. */
function usageOf(value: Uint8Array | undefined): number {
  if (value === undefined) return 0xff;
  return readOnly(value, BIT_STRING).content[1] ?? 0;
}

/** Whether it is for clients. Without the extension it is for everybody. */
function purposesOf(value: Uint8Array | undefined): boolean {
  if (value === undefined) return true;
  return readDer(readOnly(value, SEQUENCE).content)
    .some(({ whole }) => whole.toHex() === CLIENT_AUTH);
}
