/** Sockets of our own, by epoll: `io: "epoll"`. Linux only. */
import type {
  ListeningOptions,
  Place,
  SocketConnection,
  SocketListener,
  Sockets,
} from "../sockets.ts";
import { isIP } from "../is_ip.ts";
import { Connecting, openSocket } from "./connecting.ts";
import { EventLoop } from "./event_loop.ts";
import { Libc } from "./libc.ts";
import { EpollListener } from "./listener.ts";
import { addressesOf } from "./lookup.ts";
import { encodeAddress } from "./socket_address.ts";

/**
 * @param libc the calls of the system
 * @throws an error that says what this process or this system lacks
 */
export async function openEpollSockets(libc = new Libc()): Promise<Sockets> {
  const loop = new EventLoop(libc);
  try {
    await loop.check();
  } catch (error) {
    loop.closeAll();
    throw error;
  }
  return new EpollSockets(loop);
}

class EpollSockets implements Sockets {
  readonly #loop: EventLoop;

  constructor(loop: EventLoop) {
    this.#loop = loop;
  }

  listen(where: Place, { reusePort, backlog }: ListeningOptions): SocketListener {
    const { libc } = this.#loop;
    const place = resolve(where);
    const descriptor = openSocket(this.#loop, place);
    try {
      const isPort = !("path" in place);
      if (isPort && libc.turnOn(descriptor, "reuse address") < 0) throw libc.error();
      if (isPort && reusePort && libc.turnOn(descriptor, "reuse port") < 0) throw libc.error();
      if (libc.bind(descriptor, encodeAddress(place)) < 0) throw libc.error();
      if (libc.listen(descriptor, backlog) < 0) throw libc.error();
      return new EpollListener(this.#loop, descriptor);
    } catch (error) {
      libc.close(descriptor);
      throw error;
    }
  }

  async connect(place: Place, signal: AbortSignal): Promise<SocketConnection> {
    if ("path" in place || isIP(place.hostname) > 0) return await this.#connect(place, signal);
    let failure: unknown;
    for (const hostname of await addressesOf(place.hostname, signal)) {
      try {
        return await this.#connect({ hostname, port: place.port }, signal);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  closeAll(): void {
    this.#loop.closeAll();
  }

  async #connect(place: Place, signal: AbortSignal): Promise<SocketConnection> {
    signal.throwIfAborted();
    const connecting = new Connecting(this.#loop, place);
    const giveUp = () => connecting.giveUp(signal.reason);
    signal.addEventListener("abort", giveUp);
    try {
      return await connecting.connected;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }
}

/** A place whose host is an address: Deno finds it as it does for its own sockets. */
function resolve(place: Place): Place {
  if ("path" in place || isIP(place.hostname) > 0) return place;
  using listener = Deno.listen({ hostname: place.hostname, port: 0 });
  return { hostname: listener.addr.hostname, port: place.port };
}
