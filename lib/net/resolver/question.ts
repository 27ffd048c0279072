/** What a DNS server is asked, and which server. */
import { formatHostPort } from "../host_port.ts";

export type RecordType = "A" | "AAAA" | "SRV";

export interface Question {
  readonly name: string;
  readonly type: RecordType;
}

/** An address and a port. */
export interface DnsServer {
  readonly hostname: string;
  readonly port: number;
}

export function formatServer({ hostname, port }: DnsServer): string {
  return formatHostPort(hostname, port);
}

/** The limits of names, in characters (RFC 1035, 2.3.4). */
const MAX_NAME = 253;
const MAX_LABEL = 63;

/** Letters, digits, hyphens, and the underscores of SRV records and of container networks. */
const LABEL = /^[A-Za-z0-9_-]+$/;

/** Whether a name can be asked for. A dot at its end is allowed. */
export function isDnsName(name: string): boolean {
  const bare = name.replace(/\.$/, "");
  return bare.length <= MAX_NAME &&
    bare.split(".").every((label) => label.length <= MAX_LABEL && LABEL.test(label));
}

/** Names are compared without a dot at their end, and without regard to case (RFC 4343). */
export function isSameName(one: string, other: string): boolean {
  return canonicalName(one) === canonicalName(other);
}

export function canonicalName(name: string): string {
  return name.replace(/\.$/, "").toLowerCase();
}
