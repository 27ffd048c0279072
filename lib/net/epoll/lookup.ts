/** The addresses of a name, as Deno.connect finds them: by the system's resolver, and so also in /etc/hosts. */
import { isIP } from "../is_ip.ts";

/**
 * node:dns is loaded for the first name: backends by address do without its memory.
 *
 * @param signal gives it up
 * @returns one at least, in the order in which they are to be tried
 * @throws an error as Deno.connect has it
 */
export async function addressesOf(name: string, signal: AbortSignal): Promise<string[]> {
  const { lookup } = await import("node:dns/promises");
  const aborted = Promise.withResolvers<never>();
  const giveUp = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", giveUp);
  try {
    signal.throwIfAborted();
    const found = await Promise.race([lookup(name, { all: true }), aborted.promise]);
    return found.map(({ address }) => address).filter((address) => isIP(address) > 0);
  } catch (error) {
    if (signal.aborted) throw error;
    const code = error instanceof Error && "code" in error ? ` (${error.code})` : "";
    throw new Error(`failed to lookup address information: ${name}${code}`, { cause: error });
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
