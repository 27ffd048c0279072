/** Who is connected to a socket. */
import type { Endpoint, Endpoints } from "../../endpoints.ts";
import { plainAddress } from "../../http/client_address.ts";
import { type Peer, type Scheme, UNIX_PEER } from "../../http/peer.ts";
import type { SocketConnection } from "../../net/sockets.ts";

export class SocketPeer implements Peer {
  readonly address: string;
  readonly scheme: Scheme;
  readonly #socket: SocketConnection;

  constructor(socket: SocketConnection, scheme: Scheme) {
    this.#socket = socket;
    const { remoteAddr } = socket;
    this.address = "hostname" in remoteAddr ? plainAddress(remoteAddr.hostname) : UNIX_PEER;
    this.scheme = scheme;
  }

  get endpoints(): Endpoints | undefined {
    const { remoteAddr, localAddr } = this.#socket;
    if (!("hostname" in remoteAddr && "hostname" in localAddr)) return undefined;
    return { source: endpointOf(remoteAddr), destination: endpointOf(localAddr) };
  }
}

function endpointOf({ hostname, port }: Deno.NetAddr): Endpoint {
  return { address: plainAddress(hostname), port };
}
