/**
 * One connection to a backend. It carries one exchange at a time, and says exactly what left on it.
 *
 * A read is always under way on it, while it idles too: a backend that closes it is noticed before the
 * next request, and bytes that nobody asked for end it.
 */
import type { Failed } from "../../../outcome.ts";
import { ResponseHead } from "../http1/response_head.ts";
import { Timed, type Wheel } from "../../../time/timer_wheel.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes kept free in front of what is received: a response's head may grow on its way, by 189 at most
 * (tests/engines/tcp/http1/response_framing_test.ts). */
export const HEADROOM_BYTES = 256;

export class BackendConnection extends Timed {
  readonly buffer: Bytes;
  /** The head of the response under way. */
  readonly head: ResponseHead = new ResponseHead();
  /** Where the bytes received end; they begin at {@linkcode HEADROOM_BYTES}. */
  filled = HEADROOM_BYTES;
  /** Bytes of the request under way that have left. */
  sent = 0;
  /** Whether anything of an answer has come. */
  receivedAny = false;
  /** Whether the final answer has begun. */
  answering = false;
  /** When it began to idle, on the wheel's clock; undefined while it is in use. */
  idleSince: number | undefined;
  /** Why it was closed from this side. */
  closeReason: Failed | undefined;
  readonly #connection: Deno.Conn;
  readonly #wheel: Wheel;
  /** Called when it ends while it idles. */
  readonly #onLost: (connection: BackendConnection) => void;
  readonly #wholeBuffer: Bytes;
  /** The read begun ahead of the exchange that takes what it brings. */
  #ahead: Promise<number | null> | undefined;
  #reads = 0;
  #closed = false;
  #patience = 0;
  /** What it means when its deadline passes. */
  #late: Failed | undefined;

  constructor(
    connection: Deno.Conn,
    buffer: Bytes,
    wheel: Wheel,
    onLost: (connection: BackendConnection) => void,
  ) {
    super();
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

  /** Whether a read may still write into the buffer. */
  get reading(): boolean {
    return this.#reads > 0;
  }

  /** Begins an exchange. @returns false where it has ended meanwhile */
  begin(): boolean {
    if (this.#closed) return false;
    this.idleSince = undefined;
    this.sent = 0;
    this.receivedAny = this.answering = false;
    this.closeReason = undefined;
    this.head.reset(HEADROOM_BYTES);
    return true;
  }

  /** Begins to idle, for so many milliseconds at most. */
  markIdle(milliseconds: number): void {
    this.filled = HEADROOM_BYTES;
    this.idleSince = this.#wheel.now;
    this.#late = undefined;
    this.#wheel.set(this, milliseconds);
    this.#readAhead();
  }

  /** Expects something to happen within so many milliseconds, or ends with that failure. */
  setDeadline(milliseconds: number, late: Failed): void {
    this.#late = late;
    this.#patience = milliseconds;
    this.#wheel.set(this, milliseconds);
  }

  /**
   * Notes that a body moves on: the answer may take that long from now. Once it has begun, only what it
   * was expected to take is granted anew.
   */
  progress(milliseconds: number, late: Failed): void {
    if (!this.answering) this.setDeadline(milliseconds, late);
    else if (this.deadline !== Infinity) this.#wheel.set(this, this.#patience);
  }

  /** Expects no answer for now, unless it has begun. */
  pause(): void {
    if (!this.answering) this.clearDeadline();
  }

  /** Expects nothing for now. */
  clearDeadline(): void {
    this.#wheel.clear(this);
  }

  /**
   * Begins to send.
   *
   * @returns how many bytes went: to be noted in {@linkcode sent}
   * @throws where the connection breaks, or was ended
   */
  send(bytes: Bytes): Promise<number> {
    return this.#connection.write(bytes);
  }

  /** Sends what is left of the bytes that the exchange began with. */
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

  /** Receives more; what comes stands from {@linkcode filled} on. @returns how much, null at the end */
  receive(): Promise<number | null> {
    const ahead = this.#ahead;
    if (ahead === undefined) return this.receiveInto(this.buffer.subarray(this.filled));
    this.#ahead = undefined;
    return ahead;
  }

  /** Receives into a buffer. @returns how many bytes; null at the end */
  async receiveInto(bytes: Bytes): Promise<number | null> {
    this.#reads++;
    try {
      return await this.#connection.read(bytes);
    } finally {
      this.#reads--;
    }
  }

  /** Drops a head that is done with; what follows it is the next one. */
  dropHead(): void {
    this.buffer.copyWithin(HEADROOM_BYTES, this.head.end, this.filled);
    this.filled -= this.head.end - HEADROOM_BYTES;
    this.head.reset(HEADROOM_BYTES);
  }

  /** Tells the backend that nothing more comes. */
  closeWrite(): Promise<void> {
    return this.#connection.closeWrite();
  }

  /** Closes it, and says why. */
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

  #readAhead(): void {
    this.#reads++;
    this.#ahead = this.#connection.read(this.#wholeBuffer);
    this.#ahead.then(this.#noticed, this.#noticed);
  }

  /** Something came, or the end: no business of a connection that idles. */
  readonly #noticed = (): void => {
    this.#reads--;
    if (this.idleSince !== undefined) this.#onLost(this);
  };
}
