/** Until when certificates are valid (RFC 5280, 4.1.2.5), read without what checks them. */
import { derOf, pemBlocks } from "./pem.ts";
import { readDer, readOnly } from "./read_der.ts";

const SEQUENCE = 0x30;
const UTC_TIME = 0x17;
const VERSION = 0xa0;

/** Where it stands, after the version. */
const VALIDITY = 3;

/**
 * The ends of all certificates in a text.
 *
 * @param pem checked before
 * @returns in milliseconds since 1970, in their order
 * @throws if one of them is no certificate
 */
export function endsOf(pem: string): number[] {
  return pemBlocks(pem).filter(({ label }) => label === "CERTIFICATE").map(({ text }) =>
    endOf(derOf(text))
  );
}

function endOf(der: Uint8Array): number {
  const [tbs] = readDer(readOnly(der, SEQUENCE).content);
  const fields = readDer(tbs!.content).filter(({ tag }) => tag !== VERSION);
  const [, end] = readDer(fields[VALIDITY]!.content);
  const text = new TextDecoder().decode(end!.content);
  const [, year = "", month, day, hour, minute, second] = /^(\d{2,4})(..)(..)(..)(..)(..)Z$/
    .exec(text) ?? [];
  const century = end!.tag !== UTC_TIME ? "" : Number(year) < 50 ? "20" : "19";
  return Date.parse(`${century}${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
