/** Who is connected to a socket. */
import type { Endpoint, Endpoints } from "../../endpoints.ts";
import { plainAddress } from "../../http/client_address.ts";
import type { Peer, Scheme } from "../../http/peer.ts";

export class SocketPeer implements Peer {
  readonly address: string;
  readonly scheme: Scheme;
  readonly #socket: Deno.TcpConn;

  constructor(socket: Deno.TcpConn, scheme: Scheme) {
    this.#socket = socket;
    this.address = plainAddress(socket.remoteAddr.hostname);
    this.scheme = scheme;
  }

  get endpoints(): Endpoints {
    const { remoteAddr, localAddr } = this.#socket;
    return { source: endpointOf(remoteAddr), destination: endpointOf(localAddr) };
  }
}

function endpointOf({ hostname, port }: Deno.NetAddr): Endpoint {
  return { address: plainAddress(hostname), port };
}
