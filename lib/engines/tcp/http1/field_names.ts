/**
 * Recognizes, in the bytes of a message, the few field names that mean something to a proxy.
 *
 * A name is found by its first letter and its length, and then compared once: no string is made, and
 * the many names that mean nothing here cost one look into a table.
 */
import { HOP_BY_HOP, PROXY_FIELDS } from "../../../http/headers.ts";
import { bytesOf } from "./bytes.ts";

/** What a name is to the engine. */
export const OTHER = 0,
  /** Belongs to the hop: stays behind. */
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
  /** Any other X-Forwarded-*. */
  X_FORWARDED = 13,
  /** Any other one that the core has a rule for. */
  RULED = 14;

const OWN_MEANING: Readonly<Record<string, number>> = {
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
  "trailer": OTHER, // trailers travel on
};

const LONGEST_NAME = 31;
const FORWARDED = bytesOf("x-forwarded-");

/** By first letter and length: which name may stand there, and what it is then. */
const names: (Uint8Array | undefined)[] = new Array(32 * (LONGEST_NAME + 1)).fill(undefined);
const meanings = new Uint8Array(names.length);

for (const name of new Set([...HOP_BY_HOP, ...PROXY_FIELDS, ...Object.keys(OWN_MEANING)])) {
  const place = placeOf(name.charCodeAt(0), name.length);
  if (names[place] !== undefined) throw new Error(`Two names have the place of ${name}`);
  names[place] = bytesOf(name);
  meanings[place] = OWN_MEANING[name] ?? (HOP_BY_HOP.has(name) ? HOP : RULED);
}

/** What the name in `bytes[start]` up to `bytes[end]`, a token, is to the engine. */
export function meaningOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > LONGEST_NAME) return isForwarded(bytes, start) ? X_FORWARDED : OTHER;
  const place = placeOf(bytes[start]!, length);
  const name = names[place];
  if (name !== undefined && matches(bytes, start, name)) return meanings[place]!;
  if ((bytes[start]! | 0x20) === 0x78 && length >= FORWARDED.length) {
    return isForwarded(bytes, start) ? X_FORWARDED : OTHER;
  }
  return OTHER;
}

function isForwarded(bytes: Uint8Array, start: number): boolean {
  return matches(bytes, start, FORWARDED);
}

function placeOf(letter: number, length: number): number {
  return (letter & 31) * (LONGEST_NAME + 1) + length;
}

/** Whether the token begins with the name, in any case: of token characters only letters differ. */
function matches(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) {
    if ((bytes[start + i]! | 0x20) !== name[i]) return false;
  }
  return true;
}
