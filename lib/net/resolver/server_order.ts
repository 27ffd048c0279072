/** Which DNS server is asked first: one that is dead costs seconds before the next one is asked. */
import { type DnsServer, formatServer } from "./question.ts";

/** In milliseconds. */
const PREFERRED_FOR_MS = 60_000;

/**
 * The server that answered last is asked first, for a minute since it took over from another one. Then the
 * order of the configuration holds again, so that the servers before it get another chance.
 */
export class ServerOrder {
  #preferred: string | undefined;
  #until = -Infinity;

  /**
   * @param servers in the order of the configuration
   * @param now in milliseconds
   * @returns the same ones in the order in which they are asked
   */
  of(servers: readonly DnsServer[], now: number): readonly DnsServer[] {
    const first = servers.find((server) => formatServer(server) === this.#preferred);
    if (first === undefined || now >= this.#until) return servers;
    return [first, ...servers.filter((server) => server !== first)];
  }

  /** A server has answered, be it that there is nothing. */
  answered(server: DnsServer, now: number): void {
    const name = formatServer(server);
    if (name === this.#preferred && now < this.#until) return;
    this.#preferred = name;
    this.#until = now + PREFERRED_FOR_MS;
  }
}
