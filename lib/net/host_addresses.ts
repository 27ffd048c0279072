/** Looks up the addresses of a name, as connections to it do: in the hosts file, then by DNS. */

/** @returns none if the name is unknown, or if it may not be looked up */
export async function lookUpAddresses(hostname: string): Promise<readonly string[]> {
  const { promises: dns } = await import("node:dns"); // memory that most do not need
  try {
    return (await dns.lookup(hostname, { all: true })).map(({ address }) => address);
  } catch {
    return []; // the requests that need the name will say why
  }
}
