/** A connection on a socket of our own. */
import type { Awaitable, Bytes } from "../connection.ts";
import type { SocketConnection } from "../sockets.ts";
import type { EventLoop } from "./event_loop.ts";
import { HUNG_UP, READABLE, type Watched, WRITABLE } from "./poller.ts";
import { decodeAddress } from "./socket_address.ts";
import { EAGAIN, EPIPE } from "./system_error.ts";

/**
 * How much is received in one round of the loop, in bytes; then others have their turn. Without that a peer that sends
 * faster than it is served would be served alone.
 */
const ROUND_BYTES = 256 * 1024;

/** No descriptor has this number: what is closed is never used again. */
const CLOSED = -1;

export class EpollConnection implements SocketConnection, Watched {
  readonly remoteAddr: Deno.Addr;
  /** Known of those that were accepted: it can be asked for after they are closed. */
  readonly #localAddr: Deno.Addr | undefined;
  readonly #loop: EventLoop;
  #descriptor: number;
  /** Whether there may be something to receive. */
  #isReadable = false;
  /** Whether the peer has closed its sending side, or all of it: the system says so only once. */
  #hasHungUp = false;
  /** Why it broke. The system says so only once, to whoever reads or writes first. */
  #broken: Error | undefined;
  /** The last round in which something was received, and how much. */
  #round = 0;
  #roundBytes = 0;
  /** Where the read that is under way puts what it receives. */
  #into: Bytes | undefined;
  /** The last read that was asked for, and how many wait for the one that is under way. */
  #reading!: Promise<number | null>;
  #waitingReads = 0;
  #received!: (size: number | null) => void;
  #failReading!: (error: Error) => void;
  /** What the write that is under way sends. */
  #bytes: Bytes | undefined;
  /** The last write that was asked for, and how many wait for the one that is under way. */
  #writing!: Promise<number>;
  #waitingWrites = 0;
  #sent!: (size: number) => void;
  #failWriting!: (error: Error) => void;

  /** @param descriptor of a connected socket, which the loop watches in the name of this connection */
  constructor(
    loop: EventLoop,
    descriptor: number,
    remoteAddr: Deno.Addr,
    localAddr?: Deno.Addr,
  ) {
    this.#loop = loop;
    this.#descriptor = descriptor;
    this.remoteAddr = remoteAddr;
    this.#localAddr = localAddr;
  }

  get localAddr(): Deno.Addr {
    if (this.#localAddr !== undefined) return this.#localAddr;
    const { libc } = this.#loop;
    if (libc.localAddress(this.#descriptor) < 0) throw libc.error();
    return decodeAddress(libc.address, libc.addressLength);
  }

  read(into: Bytes): Awaitable<number | null> {
    if (this.#into === undefined && this.#waitingReads === 0) return this.#read(into);
    this.#waitingReads++;
    const next = () => {
      this.#waitingReads--;
      return this.#read(into);
    };
    return this.#reading = this.#reading.then(next, next);
  }

  #read(into: Bytes): Awaitable<number | null> {
    if (this.#descriptor === CLOSED) return Promise.reject(closedError());
    if (into.length === 0) return 0;
    if (this.#isReadable) {
      if (!this.#mayReceive) this.#loop.defer(() => this.#resumeReading());
      else {
        const result = this.#receive(into);
        if (result instanceof Error) return Promise.reject(result);
        if (result !== undefined) return result;
      }
    }
    this.#into = into;
    const reading = new Promise<number | null>((resolve, reject) => {
      this.#received = resolve;
      this.#failReading = reject;
    });
    if (this.#waitingReads === 0) this.#reading = reading;
    return reading;
  }

  write(bytes: Bytes): Awaitable<number> {
    if (this.#bytes === undefined && this.#waitingWrites === 0) return this.#write(bytes);
    this.#waitingWrites++;
    const next = () => {
      this.#waitingWrites--;
      return this.#write(bytes);
    };
    return this.#writing = this.#writing.then(next, next);
  }

  #write(bytes: Bytes): Awaitable<number> {
    if (this.#descriptor === CLOSED) return Promise.reject(closedError());
    if (bytes.length === 0) return 0;
    const result = this.#send(bytes);
    if (result instanceof Error) return Promise.reject(result);
    if (result !== undefined) return result;
    this.#bytes = bytes;
    const writing = new Promise<number>((resolve, reject) => {
      this.#sent = resolve;
      this.#failWriting = reject;
    });
    if (this.#waitingWrites === 0) this.#writing = writing;
    return writing;
  }

  closeWrite(): Promise<void> {
    if (this.#descriptor === CLOSED) return Promise.reject(closedError());
    if (this.#bytes !== undefined || this.#waitingWrites > 0) {
      const next = () => this.closeWrite();
      return this.#writing.then(next, next);
    }
    const { libc } = this.#loop;
    if (libc.closeWrite(this.#descriptor) < 0) return Promise.reject(libc.error());
    return Promise.resolve();
  }

  close(): void {
    if (this.#descriptor === CLOSED) throw closedError();
    const descriptor = this.#descriptor;
    this.#descriptor = CLOSED;
    this.#loop.close(descriptor);
    if (this.#into !== undefined) this.#failReading(interruptedError());
    if (this.#bytes !== undefined) this.#failWriting(interruptedError());
    this.#into = this.#bytes = undefined;
  }

  onEvents(events: number): void {
    if ((events & HUNG_UP) !== 0) this.#hasHungUp = true;
    if ((events & (READABLE | HUNG_UP)) !== 0) {
      this.#isReadable = true;
      this.#resumeReading();
    }
    if ((events & (WRITABLE | HUNG_UP)) !== 0) this.#resumeWriting();
  }

  #resumeReading(): void {
    const into = this.#into;
    if (into === undefined) return;
    const result = this.#receive(into);
    if (result === undefined) return;
    this.#into = undefined;
    if (result instanceof Error) this.#failReading(result);
    else this.#received(result);
  }

  #resumeWriting(): void {
    const bytes = this.#bytes;
    if (bytes === undefined) return;
    const result = this.#send(bytes);
    if (result === undefined) return;
    this.#bytes = undefined;
    if (result instanceof Error) this.#failWriting(result);
    else this.#sent(result);
  }

  get #mayReceive(): boolean {
    const { round } = this.#loop;
    if (this.#round !== round) {
      this.#round = round;
      this.#roundBytes = 0;
    }
    return this.#roundBytes < ROUND_BYTES;
  }

  /** @returns how many bytes; null if the peer sends no more; undefined if nothing has arrived */
  #receive(into: Bytes): number | null | undefined | Error {
    const { libc } = this.#loop;
    const size = libc.receive(this.#descriptor, into);
    if (size > 0) {
      // A buffer that is not full was larger than what had arrived (epoll(7), Questions and answers, 9).
      this.#isReadable = size === into.length || this.#hasHungUp;
      this.#roundBytes += size;
      return size;
    }
    if (size === 0) return this.#broken ?? null;
    const { errno } = libc;
    if (errno !== EAGAIN) return this.#broken ??= libc.error(errno);
    this.#isReadable = false;
    return undefined;
  }

  /** @returns how many bytes; undefined if there is no room */
  #send(bytes: Bytes): number | undefined | Error {
    const { libc } = this.#loop;
    const size = libc.send(this.#descriptor, bytes);
    if (size >= 0) return size;
    const { errno } = libc;
    if (errno === EAGAIN) return undefined;
    // A pipe is broken for writing only: what has arrived, and its end, are as good as before.
    return errno === EPIPE ? libc.error(errno) : this.#broken ??= libc.error(errno);
  }
}

export function closedError(): Error {
  return new Deno.errors.BadResource("the socket is closed");
}

export function interruptedError(): Error {
  return new Deno.errors.Interrupted("the socket was closed from this side");
}

export function busyError(operation: string): Error {
  return new Deno.errors.Busy(`another ${operation} is under way`);
}
