/**
 * A client whose address backends are told in a PROXY header, once for each connection. So a connection carries
 * requests of one client connection only, as HAProxy does with `send-proxy`: a backend takes all that follows
 * the header for that client's (proxy-protocol.txt, section 2).
 */
import type { Endpoints } from "../../endpoints.ts";
import { type ProxyVersion, writeProxyHeader } from "../../net/proxy_header/write.ts";

/** Who keeps connections of a client while they are idle. */
export interface Keeper {
  /** The client has left: its connections are of no use to anybody else. */
  letGo(client: ToldClient): void;
}

export class ToldClient {
  readonly #endpoints: Endpoints | undefined;
  readonly #headers = new Map<ProxyVersion, Uint8Array<ArrayBuffer>>();
  readonly #keepers = new Set<Keeper>();
  #hasLeft = false;

  /** @param endpoints of its connection; undefined if they have no addresses */
  constructor(endpoints: Endpoints | undefined) {
    this.#endpoints = endpoints;
  }

  /** Whether its connection is closed. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** What a connection begins with. */
  header(version: ProxyVersion): Uint8Array<ArrayBuffer> {
    let header = this.#headers.get(version);
    if (header === undefined) {
      this.#headers.set(version, header = writeProxyHeader(version, this.#endpoints));
    }
    return header;
  }

  /** Tells a keeper of connections once it has left. */
  register(keeper: Keeper): void {
    this.#keepers.add(keeper);
  }

  leave(): void {
    this.#hasLeft = true;
    for (const keeper of this.#keepers) keeper.letGo(this);
    this.#keepers.clear();
  }
}
