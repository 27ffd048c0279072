/**
 * One connection to a backend. It carries one exchange at a time, and counts exactly what was sent on it.
 *
 * A read is always pending on it, even while it is idle: if the backend closes it, that is noticed before
 * the next request, and unsolicited bytes end it.
 */
import type { Awaitable, Bytes, Connection } from "../../../net/connection.ts";
import type { Failed } from "../../../outcome.ts";
import type { ToldClient } from "../../shared/told_client.ts";
import { ResponseHead } from "../http1/response_head.ts";
import { Timed, type Wheel } from "../../../time/timer_wheel.ts";

/**
 * Bytes kept free before what is received: the head of a response may grow by up to 294 bytes when it is
 * forwarded (tests/engines/tcp/http1/response_framing_test.ts).
 */
export const HEADROOM_BYTES = 320;

export class BackendConnection extends Timed {
  readonly buffer: Bytes;
  /** The head of the current response. */
  readonly head: ResponseHead;
  /** The end of the bytes received; they begin at {@linkcode HEADROOM_BYTES}. */
  filled = HEADROOM_BYTES;
  /** Bytes of the current request that were sent. */
  sent = 0;
  /** Whether any byte of a response was received. */
  receivedAny = false;
  /** Whether the final response has begun. */
  answering = false;
  /** When it became idle, on the clock of performance.now(); undefined while it is in use. */
  idleSince: number | undefined;
  /** The client that it belongs to, if its backend was told of one. */
  readonly client: ToldClient | undefined;
  /** Why it was closed from this side; undefined if it was not. */
  closeReason: Failed | undefined;
  readonly #connection: Connection;
  readonly #wheel: Wheel;
  /** Called if it ends while it is idle. */
  readonly #onLost: (connection: BackendConnection) => void;
  readonly #wholeBuffer: Bytes;
  /** A read that began before the exchange that uses its result. */
  #ahead: Promise<number | null> | undefined;
  #reads = 0;
  #closed = false;
  #timeout = 0;
  /** The failure if its deadline passes. */
  #late: Failed | undefined;

  constructor(
    connection: Connection,
    buffer: Bytes,
    wheel: Wheel,
    maxHeaderLines: number,
    onLost: (connection: BackendConnection) => void,
    client?: ToldClient,
  ) {
    super();
    this.client = client;
    this.head = new ResponseHead(maxHeaderLines);
    this.#connection = connection;
    this.#wheel = wheel;
    this.#onLost = onLost;
    this.buffer = buffer;
    this.#wholeBuffer = buffer.subarray(HEADROOM_BYTES);
    this.#readAhead();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether it has changed its protocol: bytes pass both ways until one side ends it. */
  get isTunnel(): boolean {
    return this.answering && this.head.status === 101;
  }

  /** Whether a read may still write into the buffer. */
  get reading(): boolean {
    return this.#reads > 0;
  }

  /** Begins an exchange. @returns false if the connection has ended in the meantime */
  begin(): boolean {
    if (this.#closed) return false;
    this.idleSince = undefined;
    this.sent = 0;
    this.receivedAny = this.answering = false;
    this.closeReason = undefined;
    this.head.reset(HEADROOM_BYTES);
    return true;
  }

  /** Becomes idle. @param milliseconds after which it is closed */
  markIdle(milliseconds: number): void {
    this.filled = HEADROOM_BYTES;
    this.idleSince = performance.now(); // the backend's time runs on while this process does not
    this.#late = undefined;
    this.#wheel.set(this, milliseconds);
    this.#readAhead();
  }

  /** Ends with this failure after this time, unless the deadline is moved or cleared. */
  setDeadline(milliseconds: number, late: Failed): void {
    this.#late = late;
    this.#timeout = milliseconds;
    this.#wheel.set(this, milliseconds);
  }

  /**
   * Notes that the request's body makes progress: the response may take that long from now. Once the
   * response has begun, its own deadline starts again instead.
   */
  progress(milliseconds: number, late: Failed): void {
    if (!this.answering) this.setDeadline(milliseconds, late);
    else if (this.deadline !== Infinity) this.#wheel.set(this, this.#timeout);
  }

  /** Clears the deadline, unless the response has begun. */
  pause(): void {
    if (!this.answering) this.clearDeadline();
  }

  clearDeadline(): void {
    this.#wheel.clear(this);
  }

  /**
   * Begins to send.
   *
   * @returns how many bytes were sent, to be noted in {@linkcode sent}
   * @throws if the connection breaks, or was ended
   */
  send(bytes: Bytes): Awaitable<number> {
    return this.#connection.write(bytes);
  }

  /** Sends the rest of the bytes that the exchange began with. */
  async sendRest(bytes: Bytes): Promise<void> {
    await this.write(bytes.subarray(this.sent));
  }

  /** Sends all of it. */
  async write(bytes: Bytes): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const size = await this.#connection.write(bytes.subarray(at));
      this.sent += size;
      at += size;
    }
  }

  /** Receives more, at {@linkcode filled}. @returns how many bytes; null at the end */
  receive(): Awaitable<number | null> {
    const ahead = this.#ahead;
    if (ahead === undefined) return this.receiveInto(this.buffer.subarray(this.filled));
    this.#ahead = undefined;
    return ahead;
  }

  /** Whether a read is under way that {@linkcode receive} would take. */
  get isReadingAhead(): boolean {
    return this.#ahead !== undefined;
  }

  /** Leaves what {@linkcode receive} has returned to the next call of it. */
  putBack(ahead: Awaitable<number | null>): void {
    this.#ahead = Promise.resolve(ahead);
  }

  /** Receives into a buffer. @returns how many bytes; null at the end */
  receiveInto(bytes: Bytes): Awaitable<number | null> {
    const read = this.#connection.read(bytes);
    return read instanceof Promise ? this.#awaitRead(read) : read;
  }

  /** Drops a head that was forwarded; what follows it is the next one. */
  dropHead(): void {
    this.buffer.copyWithin(HEADROOM_BYTES, this.head.end, this.filled);
    this.filled -= this.head.end - HEADROOM_BYTES;
    this.head.reset(HEADROOM_BYTES);
  }

  /** Closes the sending side. */
  closeWrite(): Promise<void> {
    return this.#connection.closeWrite();
  }

  /** Closes it for a reason. */
  end(failure: Failed): void {
    this.closeReason ??= failure;
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wheel.remove(this);
    this.#connection.close();
  }

  override expire(): void {
    if (this.#late === undefined) this.#onLost(this);
    else this.end(this.#late);
  }

  async #awaitRead(read: Promise<number | null>): Promise<number | null> {
    this.#reads++;
    try {
      return await read;
    } finally {
      this.#reads--;
    }
  }

  #readAhead(): void {
    this.#reads++;
    this.#ahead = Promise.resolve(this.#connection.read(this.#wholeBuffer));
    this.#ahead.then(this.#noticed, this.#noticed);
  }

  /** Bytes or the end arrived. An idle connection is lost either way. */
  readonly #noticed = (): void => {
    this.#reads--;
    if (this.idleSince !== undefined) this.#onLost(this);
  };
}
