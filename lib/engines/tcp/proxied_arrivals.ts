/**
 * Connections that have come in at listeners with PROXY headers, until the headers are there. What reads them
 * is loaded once a listener needs it.
 */
import type { Peer } from "../../http/peer.ts";
import type { Connection } from "../../net/connection.ts";
import type { Wheel } from "../../time/timer_wheel.ts";
import type { Arrival } from "./client/connection.ts";
import type { Proxied, ProxyHeaderReception, Unproxied } from "./client/proxy_header.ts";

export interface ProxiedArrivalsOptions {
  readonly wheel: Wheel;
  /** Whether a peer may say whose connections it hands on, at the moment. */
  readonly isTrusted: (address: string) => boolean;
  /** For a header, in milliseconds, at the moment. */
  readonly timeout: () => number;
  /** Called with why a connection was closed. */
  readonly onRefused: (warning: string) => void;
}

const REASONS = {
  late: "it sent no PROXY header within timeouts.header",
  invalid: "what it sent first is no valid PROXY header",
};

export class ProxiedArrivals {
  /** How many there are. */
  count = 0;
  readonly #options: ProxiedArrivalsOptions;
  readonly #underWay = new Set<ProxyHeaderReception>();

  constructor(options: ProxiedArrivalsOptions) {
    this.#options = options;
  }

  /**
   * Waits for the header of a connection.
   *
   * @param peer who is connected
   * @returns whose connection it is; undefined if there is no valid header: then the connection is closed
   */
  async receive(connection: Connection, peer: Peer): Promise<Arrival | undefined> {
    const { isTrusted, onRefused } = this.#options;
    const refuse = (reason: string) =>
      onRefused(`a connection from ${peer.address} was closed: ${reason}`);
    if (!isTrusted(peer.address)) {
      connection.close();
      refuse("it is none of trustedProxies, which alone may send PROXY headers");
      return undefined;
    }
    const proxied = await this.#receive(connection);
    if (typeof proxied === "string") {
      if (proxied !== "left") refuse(REASONS[proxied]);
      return undefined;
    }
    const { endpoints } = proxied;
    return {
      connection: proxied.connection,
      peer: endpoints === undefined
        ? peer
        : { address: endpoints.source.address, scheme: peer.scheme, endpoints },
    };
  }

  async #receive(connection: Connection): Promise<Proxied | Unproxied> {
    const { wheel, timeout } = this.#options;
    this.count++;
    const { ProxyHeaderReception } = await import("./client/proxy_header.ts");
    const reception = new ProxyHeaderReception(connection);
    this.#underWay.add(reception);
    const proxied = await reception.receive(wheel, timeout());
    this.#underWay.delete(reception);
    this.count--;
    return proxied;
  }

  /** Closes all of them. */
  giveUp(): void {
    for (const reception of this.#underWay) reception.close();
  }
}
