/** Reads the address of a DNS server: `10.0.0.2:53`, where the port may be left out. */
import { isIP } from "../../net/is_ip.ts";
import { type Read, reading } from "./reading.ts";

export interface DnsServerAddress {
  readonly hostname: string;
  readonly port: number;
}

const DNS_PORT = 53;

const EXPECTED =
  "must be the address of a DNS server such as 10.0.0.2, 10.0.0.2:53 or [fd00::2]:53";

/** @returns undefined for `system` */
export function readDnsServer(text: string): Read<DnsServerAddress | undefined> {
  if (text === "system") return reading(undefined);
  const expected = `${EXPECTED}, or system`;
  if (isIP(text) !== 0) return reading({ hostname: text, port: DNS_PORT });
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text) ??
    [];
  const hostname = bracketed ?? plain ?? "";
  const version = bracketed === undefined ? 4 : 6;
  const port = digits === undefined ? DNS_PORT : Number(digits);
  if (isIP(hostname) === version && port >= 1 && port <= 65535) return reading({ hostname, port });
  return { expected, meant: guess(text) };
}

/** Other programs write `udp://10.0.0.2:53`, or `10.0.0.2#53`. */
function guess(text: string): string | undefined {
  const meant = text.replace(/^[a-z]+:\/\//i, "").replace("#", ":").trim();
  const read = meant === text || meant === "system" ? undefined : readDnsServer(meant);
  return typeof read === "object" && "value" in read ? meant : undefined;
}
