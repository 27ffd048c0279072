/**
 * The calls of the system that sockets need, through Deno's foreign function interface.
 *
 * All that touches memory stands here: no pointer is kept, no buffer is used longer than a call lasts, and what the
 * system may write is never longer than the buffer that it is given. Who loads this ends Deno's sandbox
 * (docs/security.md).
 */
import type { Bytes } from "../connection.ts";
import { MAX_ADDRESS_BYTES } from "./socket_address.ts";
import { systemError } from "./system_error.ts";

// Sizes and results are 32 bits wide here, as Deno makes 64-bit ones slow BigInts: no buffer is that long.
const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  readlink: { parameters: ["buffer", "buffer", "u32"], result: "i32" },
  getdents64: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  strerror: { parameters: ["i32"], result: "pointer" },
  __errno_location: { parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

/** glibc, and musl on each machine. */
const NAMES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

const SOCK_STREAM = 1;
/** For each descriptor: no call waits, and no program that is started gets it. */
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const SO_REUSEPORT = 15;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
/** A peer that has gone is an error, and no signal. */
const MSG_NOSIGNAL = 0x4000;
const SHUT_WR = 1;
const O_CLOEXEC = 0o2000000;

export type SocketOption = "reuse address" | "reuse port" | "no delay";

const OPTIONS: Readonly<Record<SocketOption, readonly [level: number, name: number]>> = {
  "reuse address": [SOL_SOCKET, SO_REUSEADDR],
  "reuse port": [SOL_SOCKET, SO_REUSEPORT],
  "no delay": [IPPROTO_TCP, TCP_NODELAY],
};

type Symbols = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Results below zero are failures: {@linkcode errno} then says which, until the next call. */
export class Libc {
  readonly #calls: Symbols;
  /** Of this thread. */
  readonly #errno: Deno.UnsafePointerView;
  readonly #number = new Int32Array(1);
  readonly #numberBytes = new Uint8Array(this.#number.buffer);
  readonly #length = new Int32Array(1);
  readonly #lengthBytes = new Uint8Array(this.#length.buffer);
  /** The address that the last call has written. */
  readonly address = new Uint8Array(MAX_ADDRESS_BYTES);

  /** @throws {Deno.errors.NotCapable} without --allow-ffi */
  constructor() {
    this.#calls = load();
    this.#errno = new Deno.UnsafePointerView(this.#calls.__errno_location()!);
  }

  get errno(): number {
    return this.#errno.getInt32();
  }

  /** What {@linkcode errno} says. */
  error(errno = this.errno): Error {
    const text = this.#calls.strerror(errno);
    return systemError(
      errno,
      text === null ? "Unknown error" : new Deno.UnsafePointerView(text).getCString(),
    );
  }

  /** @param family such as AF_INET @returns its descriptor */
  socket(family: number): number {
    return this.#calls.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  }

  turnOn(descriptor: number, option: SocketOption): number {
    const [level, name] = OPTIONS[option];
    this.#number[0] = 1;
    return this.#calls.setsockopt(descriptor, level, name, this.#numberBytes, 4);
  }

  /** @returns the error of a connection, which is then forgotten; 0 if it has none */
  takeError(descriptor: number): number {
    this.#length[0] = 4;
    const { getsockopt } = this.#calls;
    const bytes = this.#numberBytes;
    const result = getsockopt(descriptor, SOL_SOCKET, SO_ERROR, bytes, this.#lengthBytes);
    return result < 0 ? this.errno : this.#number[0]!;
  }

  bind(descriptor: number, address: Bytes): number {
    return this.#calls.bind(descriptor, address, address.length);
  }

  listen(descriptor: number, backlog: number): number {
    return this.#calls.listen(descriptor, backlog);
  }

  /** @returns the descriptor of a connection; its peer is in {@linkcode address} */
  accept(descriptor: number): number {
    this.#length[0] = MAX_ADDRESS_BYTES;
    const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    return this.#calls.accept4(descriptor, this.address, this.#lengthBytes, flags);
  }

  connect(descriptor: number, address: Bytes): number {
    return this.#calls.connect(descriptor, address, address.length);
  }

  /** Writes the local address to {@linkcode address}. */
  localAddress(descriptor: number): number {
    this.#length[0] = MAX_ADDRESS_BYTES;
    return this.#calls.getsockname(descriptor, this.address, this.#lengthBytes);
  }

  /** Writes the address of the peer to {@linkcode address}. */
  peerAddress(descriptor: number): number {
    this.#length[0] = MAX_ADDRESS_BYTES;
    return this.#calls.getpeername(descriptor, this.address, this.#lengthBytes);
  }

  /** How long {@linkcode address} is, in bytes. */
  get addressLength(): number {
    return Math.min(this.#length[0]!, MAX_ADDRESS_BYTES);
  }

  /** @returns how many bytes; 0 if the peer sends no more */
  receive(descriptor: number, into: Bytes): number {
    return this.#calls.recv(descriptor, into, into.length, 0);
  }

  send(descriptor: number, bytes: Bytes): number {
    return this.#calls.send(descriptor, bytes, bytes.length, MSG_NOSIGNAL);
  }

  /** Closes the sending side. */
  closeWrite(descriptor: number): number {
    return this.#calls.shutdown(descriptor, SHUT_WR);
  }

  close(descriptor: number): number {
    return this.#calls.close(descriptor);
  }

  /** Opens a file or a folder, to read it. */
  open(path: string): number {
    return this.#calls.open(pathBytes(path), O_CLOEXEC);
  }

  /** Reads a file. @returns how many bytes; 0 at its end */
  read(descriptor: number, into: Bytes): number {
    return this.#calls.read(descriptor, into, into.length);
  }

  /** Reads entries of a folder. @returns how many bytes; 0 if there are no more */
  readFolder(descriptor: number, into: Bytes): number {
    return this.#calls.getdents64(descriptor, into, into.length);
  }

  /** Reads where a link leads. @returns how many bytes */
  readLink(path: string, into: Bytes): number {
    return this.#calls.readlink(pathBytes(path), into, into.length);
  }

  epollCreate(): number {
    return this.#calls.epoll_create1(SOCK_CLOEXEC);
  }

  /** @param event a struct epoll_event, as ./poller.ts has it */
  epollControl(epoll: number, operation: number, descriptor: number, event: Bytes): number {
    return this.#calls.epoll_ctl(epoll, operation, descriptor, event);
  }

  /**
   * @param events of `count` structs epoll_event
   * @param milliseconds to wait at most
   * @returns how many there are
   */
  epollWait(epoll: number, events: Bytes, count: number, milliseconds: number): number {
    return this.#calls.epoll_wait(epoll, events, count, milliseconds);
  }
}

/** @throws if none can be loaded, with what is wrong with each */
function load(): Symbols {
  const reasons: unknown[] = [];
  for (const name of NAMES) {
    try {
      return Deno.dlopen(name, SYMBOLS).symbols; // never closed: as long as this runs
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      reasons.push(error instanceof Error ? error.message : error);
    }
  }
  throw new Error(`neither glibc nor musl can be used: ${reasons.join("; ")}`);
}

function pathBytes(path: string): Bytes {
  return new TextEncoder().encode(`${path}\0`);
}
