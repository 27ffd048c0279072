/** An IPv4 client of a dual-stack listener shows up as `::ffff:192.0.2.1`. */
export function plainAddress(hostname: string): string {
  return hostname.startsWith("::ffff:") ? hostname.slice(7) : hostname;
}
