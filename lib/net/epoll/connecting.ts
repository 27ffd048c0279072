/** A connection that is being made (connect(2), EINPROGRESS). */
import { EpollConnection, interruptedError } from "./connection.ts";
import type { EventLoop } from "./event_loop.ts";
import { ALL_EVENTS } from "./listener.ts";
import { HUNG_UP, type Watched, WRITABLE } from "./poller.ts";
import { AF_INET, AF_INET6, AF_UNIX, decodeAddress, encodeAddress } from "./socket_address.ts";
import type { Place } from "../sockets.ts";
import { isIP } from "../is_ip.ts";
import { EINPROGRESS, EINTR } from "./system_error.ts";

export class Connecting implements Watched {
  readonly connected: Promise<EpollConnection>;
  readonly #loop: EventLoop;
  readonly #descriptor: number;
  readonly #connection: EpollConnection;
  readonly #settle: PromiseWithResolvers<EpollConnection>;
  #isSettled = false;

  /** @param place whose host is an address @throws an error of the system */
  constructor(loop: EventLoop, place: Place) {
    this.#loop = loop;
    this.#settle = Promise.withResolvers();
    this.connected = this.#settle.promise;
    const address = encodeAddress(place);
    const { libc } = loop;
    this.#descriptor = openSocket(loop, place);
    this.#connection = new EpollConnection(
      loop,
      this.#descriptor,
      decodeAddress(address, address.length),
    );
    let errno = 0;
    try {
      if (libc.connect(this.#descriptor, address) < 0) errno = libc.errno;
      if (errno !== 0 && errno !== EINPROGRESS && errno !== EINTR) throw libc.error(errno);
      loop.watch(this.#descriptor, ALL_EVENTS, this);
    } catch (error) {
      libc.close(this.#descriptor);
      throw error;
    }
    if (errno === 0) this.#succeed(); // a unix socket
  }

  onEvents(events: number): void {
    if ((events & (WRITABLE | HUNG_UP)) === 0) return;
    const { libc } = this.#loop;
    const errno = libc.takeError(this.#descriptor);
    if (errno !== 0) return this.giveUp(libc.error(errno));
    this.#succeed();
    this.#connection.onEvents(events);
  }

  close(): void {
    this.giveUp(interruptedError());
  }

  /** Ends it, unless it has ended. */
  giveUp(reason: unknown): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#loop.close(this.#descriptor);
    this.#settle.reject(reason);
  }

  #succeed(): void {
    this.#isSettled = true;
    this.#loop.rewatch(this.#descriptor, this.#connection);
    this.#settle.resolve(this.#connection);
  }
}

/** @throws an error of the system */
export function openSocket({ libc }: EventLoop, place: Place): number {
  const descriptor = libc.socket(familyOf(place));
  if (descriptor < 0) throw libc.error();
  if (!("path" in place)) libc.turnOn(descriptor, "no delay");
  return descriptor;
}

function familyOf(place: Place): number {
  if ("path" in place) return AF_UNIX;
  return isIP(place.hostname) === 6 ? AF_INET6 : AF_INET;
}
