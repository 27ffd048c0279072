/**
 * Has Deno's event loop wait for an epoll instance beside all else that it waits for: timers, signals, messages.
 *
 * Deno offers no way to wait for a descriptor, but its loop is an epoll instance itself (tokio's), and one epoll
 * instance can be watched by another (epoll(7), Questions and answers, 3). Deno's loop tells what to wake by data
 * that it has given to the system with each descriptor. So it gets ours with the data of a connection of Deno's, in
 * place of that connection's own descriptor: if ours has events, Deno's loop reads from that connection. A byte that
 * waits there ends the read, and that is what wakes us.
 *
 * For tokio that looks like readiness of a connection that it has, which may always be wrong. Nothing depends on what
 * the data means, only on the connection being open as long as ours is registered. No thread is needed, and while
 * nothing happens on our sockets, no call of the system is made for them.
 */
import type { Bytes } from "../connection.ts";
import type { Libc } from "./libc.ts";
import { ADD, EDGE_TRIGGERED, epollEvent, READABLE, REMOVE } from "./poller.ts";
import { AF_UNIX, decodeAddress, encodeAddress } from "./socket_address.ts";

const BYTE = new Uint8Array(1);

/** What Deno's loop has registered for the connection. */
interface Registration {
  /** Of Deno's epoll instance. */
  readonly epoll: number;
  readonly descriptor: number;
  /** Of the socket. */
  readonly inode: number;
  readonly events: number;
  /** Two halves. */
  readonly low: number;
  readonly high: number;
}

export class DenoWaker {
  readonly #libc: Libc;
  readonly #watched: number;
  readonly #connection: Deno.UnixConn;
  /** The other end of it. */
  readonly #peer: number;
  readonly #registration: Registration;
  readonly #onEvents: () => void;
  /** Longer than what waits there: by a short read tokio knows that it has read all. */
  readonly #into = new Uint8Array(2);
  #isArmed = false;
  #isClosed = false;

  private constructor(libc: Libc, watched: number, pair: Pair, onEvents: () => void) {
    this.#libc = libc;
    this.#watched = watched;
    this.#connection = pair.connection;
    this.#peer = pair.peer;
    this.#registration = substitute(libc, watched, pair);
    this.#onEvents = onEvents;
  }

  /**
   * @param watched the descriptor of an epoll instance
   * @param onEvents called once each time that it was armed, when the instance has events
   * @throws if this system does not let Deno's loop be found
   */
  static async open(libc: Libc, watched: number, onEvents: () => void): Promise<DenoWaker> {
    const path = `\0roundabout-${crypto.randomUUID()}`;
    const pair = await connectPair(libc, path);
    try {
      return new DenoWaker(libc, watched, pair, onEvents);
    } catch (error) {
      pair.connection.close();
      libc.close(pair.peer);
      throw error;
    }
  }

  /** Calls back once the instance has events. Whoever arms it has taken those that were there. */
  arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    if (this.#libc.send(this.#peer, BYTE) < 0) throw this.#libc.error();
    this.#awaitEvents();
  }

  async #awaitEvents(): Promise<void> {
    try {
      await this.#connection.read(this.#into);
    } catch (error) {
      if (this.#isClosed) return;
      throw error; // ends this thread, which could serve no more
    }
    this.#isArmed = false;
    this.#onEvents();
  }

  close(): void {
    this.#isClosed = true;
    const { descriptor, events, low, high } = this.#registration;
    control(this.#libc, this.#registration, REMOVE, this.#watched);
    // As Deno knows it, or it could not take leave of it.
    control(this.#libc, this.#registration, ADD, descriptor, epollEvent(events, low, high));
    this.#connection.close();
    this.#libc.close(this.#peer);
  }
}

interface Pair {
  readonly connection: Deno.UnixConn;
  /** The descriptor of its other end, which has this path. */
  readonly peer: number;
  readonly path: string;
}

async function connectPair(libc: Libc, path: string): Promise<Pair> {
  const listening = libc.socket(AF_UNIX);
  try {
    if (listening < 0) throw libc.error();
    if (libc.bind(listening, encodeAddress({ path })) < 0) throw libc.error();
    if (libc.listen(listening, 1) < 0) throw libc.error();
    const connection = await Deno.connect({ transport: "unix", path });
    const peer = libc.accept(listening);
    if (peer >= 0) return { connection, peer, path };
    const error = libc.error();
    connection.close();
    throw error;
  } finally {
    if (listening >= 0) libc.close(listening);
  }
}

/** Has Deno's loop watch ours in place of the connection. @returns what it had registered */
function substitute(libc: Libc, watched: number, { path }: Pair): Registration {
  const registration = findRegistration(libc, path);
  const { low, high } = registration;
  control(libc, registration, REMOVE, registration.descriptor);
  control(libc, registration, ADD, watched, epollEvent(READABLE | EDGE_TRIGGERED, low, high));
  return registration;
}

function control(
  libc: Libc,
  { epoll }: Registration,
  operation: number,
  descriptor: number,
  event: Bytes = epollEvent(0, 0, 0),
): void {
  if (libc.epollControl(epoll, operation, descriptor, event) < 0) throw libc.error();
}

/** Where the system tells of this process (proc(5)). */
const DESCRIPTORS = "/proc/self/fd";

/** Finds how Deno's loop waits for the connection that has this path at its other end. */
function findRegistration(libc: Libc, path: string): Registration {
  const descriptors = listDescriptors(libc);
  const descriptor = descriptors.find((number) => isConnectedTo(libc, number, path));
  const inode = descriptor && /^socket:\[(\d+)\]$/.exec(targetOf(libc, descriptor))?.[1];
  for (const epoll of descriptors) {
    if (targetOf(libc, epoll) !== "anon_inode:[eventpoll]") continue;
    for (const registered of readRegistrations(libc, epoll)) {
      // Another file that has had the same number may still be registered, in the epoll instance of another thread.
      if (registered.descriptor === descriptor && registered.inode === Number(inode)) {
        return registered;
      }
    }
  }
  throw new Error(`Deno's event loop cannot be found in ${DESCRIPTORS}`);
}

function isConnectedTo(libc: Libc, descriptor: number, path: string): boolean {
  if (libc.peerAddress(descriptor) < 0) return false; // no socket, or not connected
  const address = decodeAddress(libc.address, libc.addressLength);
  return address.transport === "unix" && address.path === path;
}

/** What a descriptor is of: `socket:[46950372]`. */
function targetOf(libc: Libc, descriptor: number): string {
  const target = new Uint8Array(64);
  const length = libc.readLink(`${DESCRIPTORS}/${descriptor}`, target);
  return textOf(target.subarray(0, Math.max(length, 0)));
}

/** Its lines are such as `tfd:  22 events: 8000201d data:  55a0b3048600  pos:0 ino:2d3bf3a sdev:9`. */
function readRegistrations(libc: Libc, epoll: number): Registration[] {
  const text = textOf(readAll(libc, `/proc/self/fdinfo/${epoll}`, "read"));
  const lines = text.matchAll(
    /^tfd:\s*(\d+)\s+events:\s*([\da-f]+)\s+data:\s*([\da-f]+)\s.*\bino:([\da-f]+)/gm,
  );
  return [...lines].map(([, descriptor, events, data, inode]) => {
    const value = BigInt(`0x${data}`);
    return {
      epoll,
      descriptor: Number(descriptor),
      inode: parseInt(inode!, 16),
      events: parseInt(events!, 16) | 0,
      low: Number(value & 0xffff_ffffn),
      high: Number(value >> 32n),
    };
  });
}

/** The descriptors that this process has: entries are structs linux_dirent64 (getdents(2)). */
function listDescriptors(libc: Libc): number[] {
  const bytes = readAll(libc, DESCRIPTORS, "readFolder");
  const view = new DataView(bytes.buffer);
  const found: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint16(at + 16, true);
    const name = bytes.subarray(at + 19, at + length);
    const text = textOf(name.subarray(0, name.indexOf(0)));
    if (/^\d+$/.test(text)) found.push(Number(text));
    at += length;
  }
  return found;
}

/** Reads all of a file or a folder. @throws an error of the system */
function readAll(libc: Libc, path: string, how: "read" | "readFolder"): Bytes {
  const descriptor = libc.open(path);
  if (descriptor < 0) throw new Error(`${path} cannot be read`, { cause: libc.error() });
  try {
    let bytes = new Uint8Array(64 * 1024);
    let filled = 0;
    while (true) {
      if (bytes.length - filled < 32 * 1024) {
        const longer = new Uint8Array(2 * bytes.length);
        longer.set(bytes);
        bytes = longer;
      }
      const size = libc[how](descriptor, bytes.subarray(filled));
      if (size < 0) throw libc.error();
      if (size === 0) return bytes.slice(0, filled);
      filled += size;
    }
  } finally {
    libc.close(descriptor);
  }
}

function textOf(bytes: Bytes): string {
  return new TextDecoder().decode(bytes);
}
