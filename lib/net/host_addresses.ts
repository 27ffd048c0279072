/** Looks up the addresses of a name, as connections to it do: in the hosts file, then by DNS. */
import { promises as dns } from "node:dns";

/** @returns none if the name is unknown, or if it may not be looked up */
export async function lookUpAddresses(hostname: string): Promise<readonly string[]> {
  try {
    return (await dns.lookup(hostname, { all: true })).map(({ address }) => address);
  } catch {
    return []; // the requests that need the name will say why
  }
}
