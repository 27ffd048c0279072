/** Whether an address is on loopback: only programs of the same machine reach it. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || address.startsWith("::ffff:127.");
}
