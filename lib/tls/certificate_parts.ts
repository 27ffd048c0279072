/** Parts that certificates, and requests for them, are made of (RFC 5280). */
import { isIP } from "node:net";
import {
  boolean,
  objectIdentifier,
  octetString,
  sequence,
  set,
  tagged,
  utf8String,
} from "./der.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The ids of extensions. */
export const SUBJECT_ALT_NAME = "2.5.29.17";
export const KEY_USAGE = "2.5.29.15";
export const EXTENDED_KEY_USAGE = "2.5.29.37";
export const BASIC_CONSTRAINTS = "2.5.29.19";

const COMMON_NAME = "2.5.4.3";

const DNS_NAME = 2;
const IP_ADDRESS = 7;

/** @param isCritical whether whoever does not know it must refuse the certificate */
export function extension(id: string, value: Uint8Array, isCritical = false): Bytes {
  const critical = isCritical ? [boolean(true)] : [];
  return sequence(objectIdentifier(id), ...critical, octetString(value));
}

/** The extension with all names (4.2.1.6). @param names DNS names and IP addresses */
export function subjectAltName(names: readonly string[]): Bytes {
  return extension(SUBJECT_ALT_NAME, sequence(...names.map(generalName)));
}

/** A subject or an issuer that has a common name and nothing else. */
export function distinguishedName(commonName: string): Bytes {
  return sequence(set(sequence(objectIdentifier(COMMON_NAME), utf8String(commonName))));
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
