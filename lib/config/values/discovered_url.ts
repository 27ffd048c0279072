/** Reads a name that stands for backends: `dns+http://users:5000/base`, `srv+http://_users._tcp.example`. */
import { isIP } from "../../net/is_ip.ts";
import { readBackendUrl } from "./backend_url.ts";
import { isReading, type Read, reading, refusalOf, type Refused } from "./reading.ts";

/** Each address of a name is a backend, with the same port and path. */
export interface DnsSource {
  readonly kind: "dns";
  /** As it is written, in one spelling: `dns+http://users:5000/base`. */
  readonly url: string;
  readonly name: string;
  readonly port: number;
  /** The path prefix, without a slash at its end; empty if there is none. */
  readonly path: string;
}

/** Each address of each target of the name's SRV records is a backend; they say its port and weight. */
export interface SrvSource extends Omit<DnsSource, "kind" | "port"> {
  readonly kind: "srv";
}

export type NameSource = DnsSource | SrvSource;

const HTTP_PORT = 80;

const KINDS = {
  "dns+http": "dns",
  "srv+http": "srv",
} as const;

/** Names of DNS: parts of 1 to 63 characters, 253 in all (RFC 1035, 2.3.4); a dot may stand at the end. */
const NAME = /^(?=.{1,253}\.?$)[^.]{1,63}(?:\.[^.]{1,63})*\.?$/;

/** Whether a text is meant for such a name. */
export function isDiscovered(text: string): boolean {
  return /^(?:dns|srv)\+/i.test(text);
}

/** @param text for which {@linkcode isDiscovered} is true */
export function readDiscoveredUrl(text: string): Read<NameSource> {
  const scheme = /^([a-z+]+):\/\//i.exec(text)?.[1]?.toLowerCase() ?? "";
  if (scheme !== "dns+http" && scheme !== "srv+http") return refuseScheme(text, scheme);
  const plain = text.slice("dns+".length);
  const read = readBackendUrl(plain);
  if (!isReading(read)) {
    // What was meant instead is a URL, and would be a backend of its own.
    return { expected: refusalOf(read)!.expected };
  }
  const { hostname, port, pathname } = new URL(read.value);
  if (isIP(hostname.replace(/^\[|\]$/g, "")) !== 0) {
    return {
      expected: `must have a name after ${scheme}://, as an address stands for itself`,
      meant: scheme === "dns+http" ? read.value : undefined,
    };
  }
  if (!NAME.test(hostname)) {
    return "must have a name of at most 253 characters, each part of it of 1 to 63";
  }
  const shared = {
    url: `${scheme.slice(0, "dns+".length)}${read.value}`,
    name: hostname,
    path: pathname.replace(/\/+$/, ""),
  };
  if (KINDS[scheme] === "dns") {
    return reading({ kind: "dns", ...shared, port: port === "" ? HTTP_PORT : Number(port) });
  }
  if (/^[^/]*\/\/[^/]*:/.test(text)) {
    const meant = text.replace(/^([^/]*\/\/[^/:]*):\d*/, "$1");
    return { expected: "must have no port, as SRV records say it", meant };
  }
  return reading({ kind: "srv", ...shared });
}

function refuseScheme(text: string, scheme: string): Refused {
  const kind = text.slice(0, "dns".length).toLowerCase();
  if (scheme === `${kind}+https`) {
    return { expected: `must start with ${kind}+http://: ${kind}+https:// is not built yet` };
  }
  return { expected: `must start with ${kind}+http://` };
}
