/** Reads an address or a CIDR range, such as 10.0.0.0/8. */
import { isIP } from "./is_ip.ts";

export interface Network {
  /** Its address, of which the first bits count. */
  readonly address: string;
  /** How many bits count. */
  readonly length: number;
  readonly version: 4 | 6;
}

/** @returns undefined if the text is neither an address nor a range */
export function parseNetwork(text: string): Network | undefined {
  const [, address = "", prefix] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return undefined;
  const bits = version === 6 ? 128 : 32;
  const length = prefix === undefined ? bits : Number(prefix);
  return length > bits ? undefined : { address, length, version };
}
