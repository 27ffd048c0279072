/**
 * Recognizes, as bytes, the few field names that a proxy must act on.
 *
 * First letter and length of a name give a slot of a table, which holds the only name that is compared.
 * No string is created, and other names cost one look into the table.
 */
import {
  CLIENT_CERT_FIELDS,
  FORWARDING_FIELDS,
  HOP_BY_HOP,
  PROXY_FIELDS,
} from "../../../http/field_kinds.ts";
import { bytesOf } from "./bytes.ts";

/** The kinds of field names. */
export const OTHER = 0,
  /** Any hop-by-hop field without a kind of its own: it is not forwarded. */
  HOP = 1,
  CONNECTION = 2,
  KEEP_ALIVE = 3,
  TRANSFER_ENCODING = 4,
  CONTENT_LENGTH = 5,
  UPGRADE = 6,
  HOST = 7,
  VIA = 8,
  X_REQUEST_ID = 9,
  X_FORWARDED_FOR = 10,
  X_FORWARDED_PROTO = 11,
  X_FORWARDED_HOST = 12,
  /** Any other name of `isForwardingField` in lib/http/field_kinds.ts: only trusted peers may send it. */
  FORWARDING_OTHER = 13,
  EXPECT_OR_MAX_FORWARDS = 14,
  DATE = 15,
  STRICT_TRANSPORT_SECURITY = 16,
  /** `isClientCertField` in lib/http/headers.ts: no peer may send it. */
  CLIENT_CERT = 17;

const KINDS: Readonly<Record<string, number>> = {
  "connection": CONNECTION,
  "keep-alive": KEEP_ALIVE,
  "transfer-encoding": TRANSFER_ENCODING,
  "content-length": CONTENT_LENGTH,
  "upgrade": UPGRADE,
  "host": HOST,
  "via": VIA,
  "x-request-id": X_REQUEST_ID,
  "x-forwarded-for": X_FORWARDED_FOR,
  "x-forwarded-proto": X_FORWARDED_PROTO,
  "x-forwarded-host": X_FORWARDED_HOST,
  "expect": EXPECT_OR_MAX_FORWARDS,
  "max-forwards": EXPECT_OR_MAX_FORWARDS,
  "date": DATE,
  "strict-transport-security": STRICT_TRANSPORT_SECURITY,
  "trailer": OTHER, // forwarded, as trailers are
};

const LONGEST_NAME_BYTES = 31;
const X_FORWARDED_PREFIX = bytesOf("x-forwarded-");

/** The names that can be spelt with other signs. */
const FORWARDING_NAMES = FORWARDING_FIELDS.map(bytesOf);
const CLIENT_CERT_NAMES = CLIENT_CERT_FIELDS.map(bytesOf);
const SHORTEST_FORWARDING_BYTES = Math.min(...FORWARDING_NAMES.map(({ length }) => length));

/** Each byte of a token as it counts in such a name: letters in lower case, and all signs as `-`. */
const FOLDED = new Uint8Array(256).map((_, byte) => {
  const letter = String.fromCharCode(byte).toLowerCase();
  return /[a-z0-9]/.test(letter) ? letter.charCodeAt(0) : 0x2d;
});

/** The name of each slot, in lower case, and its kind. */
const slotNames: (Uint8Array | undefined)[] = new Array(32 * (LONGEST_NAME_BYTES + 1))
  .fill(undefined);
const slotKinds = new Uint8Array(slotNames.length);

for (const name of new Set([...HOP_BY_HOP, ...PROXY_FIELDS, ...Object.keys(KINDS)])) {
  const slot = findSlot(name.charCodeAt(0), name.length);
  if (slotNames[slot] !== undefined) throw new Error(`Two field names have the slot of ${name}`);
  slotNames[slot] = bytesOf(name);
  slotKinds[slot] = KINDS[name] ?? HOP;
}

/** Returns the kind of the field name from `bytes[start]` to `bytes[end]` (exclusive), a token. */
export function classifyName(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > LONGEST_NAME_BYTES) return classifyForwarding(bytes, start, length);
  const slot = findSlot(bytes[start]!, length);
  const name = slotNames[slot];
  if (name !== undefined && matches(bytes, start, name)) return slotKinds[slot]!;
  return classifyForwarding(bytes, start, length);
}

function classifyForwarding(bytes: Uint8Array, start: number, length: number): number {
  const letter = bytes[start]! | 0x20;
  if (letter === 0x63) {
    return isOneOf(CLIENT_CERT_NAMES, bytes, start, length) ? CLIENT_CERT : OTHER; // c
  }
  if (letter !== 0x78 && letter !== 0x66 || length < SHORTEST_FORWARDING_BYTES) return OTHER; // x, f
  if (length >= X_FORWARDED_PREFIX.length && folds(bytes, start, X_FORWARDED_PREFIX)) {
    return FORWARDING_OTHER;
  }
  return isOneOf(FORWARDING_NAMES, bytes, start, length) ? FORWARDING_OTHER : OTHER;
}

function isOneOf(
  names: readonly Uint8Array[],
  bytes: Uint8Array,
  start: number,
  length: number,
): boolean {
  for (const name of names) {
    if (name.length === length && folds(bytes, start, name)) return true;
  }
  return false;
}

/** Whether a token begins with a name, in any case and with any signs. */
function folds(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) {
    if (FOLDED[bytes[start + i]!] !== name[i]) return false;
  }
  return true;
}

function findSlot(letter: number, length: number): number {
  return (letter & 31) * (LONGEST_NAME_BYTES + 1) + length;
}

/**
 * Whether a token begins with a name, in any case. Setting bit 0x20 turns a letter into lower case, and
 * no other token character into one that occurs in the names.
 */
function matches(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) {
    if ((bytes[start + i]! | 0x20) !== name[i]) return false;
  }
  return true;
}
