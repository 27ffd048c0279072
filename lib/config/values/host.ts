/** Reads a host name or an address to listen on. */
import { isIP } from "../../net/is_ip.ts";
import { isReading, type Read, reading } from "./reading.ts";

/** Host names, with the underscores that container networks allow, and IPv4 addresses. */
const NAME = /^[A-Za-z0-9._-]+$/;

/** An IPv6 address without a zone. */
const IPV6 = /^[0-9A-Fa-f:.]+$/;

export function readHost(text: string): Read<string> {
  const address = /^\[([^\]]*)\]$/.exec(text)?.[1] ?? text;
  if (IPV6.test(address) && isIP(address) === 6) return reading(address);
  if (NAME.test(text)) return reading(text);
  const [, host] = /^(\[[^\]]*\]|[^:]*):\d*$/.exec(text) ?? [];
  if (host !== undefined) {
    const isMeant = isReading(readHost(host));
    return {
      expected: "must have no port, which is a setting of its own",
      meant: isMeant ? host : undefined,
    };
  }
  return {
    expected: "must be a host name or address",
    meant: text === "*" ? "0.0.0.0" : undefined,
  };
}
