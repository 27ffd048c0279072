/**
 * An address as a client would write it: an IPv4 client of a dual-stack listener appears as
 * `::ffff:192.0.2.1` (RFC 4291, 2.5.5.2), and is returned as `192.0.2.1`.
 */
export function plainAddress(hostname: string): string {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/.test(hostname) ? hostname.slice(7) : hostname;
}
