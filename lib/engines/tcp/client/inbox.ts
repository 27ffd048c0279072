/**
 * What a client has sent and nobody has used yet, in one small buffer while that is enough: a connection
 * that idles holds little. A head that needs more borrows a large one until it is served.
 */
import type { Buffers } from "../buffers.ts";
import type { RequestHead } from "../http1/request_head.ts";

type Bytes = Uint8Array<ArrayBuffer>;

interface Ahead {
  readonly bytes: Bytes;
  readonly size: Promise<number | null>;
  arrived: boolean;
}

export class Inbox {
  bytes: Bytes;
  /** Where what is not used yet begins, and where it ends. */
  start = 0;
  filled = 0;
  readonly #connection: Deno.Conn;
  readonly #smalls: Buffers;
  readonly #larges: Buffers;
  readonly #small: Bytes;
  /** A read that was begun before anybody wanted what it brings. */
  #ahead: Ahead | undefined;
  /** Whether the connection was closed: what a read still brings is nobody's. */
  #closed = false;
  #returned: Bytes | undefined;

  constructor(connection: Deno.Conn, smalls: Buffers, larges: Buffers) {
    this.#connection = connection;
    this.#smalls = smalls;
    this.#larges = larges;
    this.bytes = this.#small = smalls.borrow();
  }

  get isEmpty(): boolean {
    return this.start === this.filled && this.#returned === undefined;
  }

  /** Whether something has come that was read ahead. */
  get hasArrived(): boolean {
    return this.#ahead?.arrived === true;
  }

  /** Forgets what is used, and gives a large buffer back. */
  clear(): void {
    this.start = this.filled = 0;
    if (this.bytes === this.#small) return;
    this.#larges.giveBack(this.bytes);
    this.bytes = this.#small;
  }

  /** Reads more behind what is there. @returns how many bytes; null where the client sends no more */
  read(): Promise<number | null> {
    if (this.#ahead !== undefined) return this.#takeAhead(this.#ahead);
    return this.#connection.read(
      this.filled === 0 ? this.bytes : this.bytes.subarray(this.filled),
    );
  }

  /**
   * Reads until a head that has begun is complete.
   *
   * @param limit bytes that it may take
   * @returns false where the client sends no more
   * @throws {Malformed} where it takes more, or is none
   */
  async readRest(head: RequestHead, limit: number): Promise<boolean> {
    this.bytes.copyWithin(0, this.start, this.filled);
    this.filled -= this.start;
    this.start = 0;
    head.reset(0);
    while (!head.scan(this.bytes, this.filled)) {
      if (this.filled >= limit) throw head.tooLarge(limit);
      if (this.filled === this.bytes.length) this.#enlarge();
      const size = await this.read();
      if (size === null || this.#closed) return false;
      this.filled += size;
    }
    return true;
  }

  /** Reads into a place of the caller's. */
  async readInto(bytes: Bytes): Promise<number | null> {
    const ahead = this.#ahead;
    if (ahead === undefined) return await this.#connection.read(bytes);
    const size = await ahead.size;
    this.#ahead = undefined;
    if (size === null || this.#closed) return null;
    const taken = Math.min(size, bytes.length);
    bytes.set(ahead.bytes.subarray(0, taken));
    if (taken < size) {
      const rest = ahead.bytes.subarray(taken, size);
      this.#ahead = { bytes: rest, size: Promise.resolve(rest.length), arrived: true };
    }
    return taken;
  }

  /**
   * Begins to read before it is needed, once, to notice what becomes of the client.
   *
   * @param onEnd called where it sends no more
   * @param onBreak called where it is gone
   */
  readAhead(onEnd: () => void, onBreak: () => void): void {
    if (this.#ahead !== undefined) return;
    const bytes = this.#smalls.borrow();
    const size = this.#connection.read(bytes);
    const ahead: Ahead = { bytes, size, arrived: false };
    this.#ahead = ahead;
    size.then((size) => {
      ahead.arrived = true;
      if (size === null) onEnd();
    }, onBreak);
  }

  /** Throws away whatever comes, until nothing more does. */
  async discard(): Promise<void> {
    if (this.#ahead !== undefined && await this.#ahead.size === null) return;
    while (await this.#connection.read(this.#small) !== null);
  }

  /**
   * Takes back bytes that were read as part of a body and are none. They wait at the side, for the head
   * of the request that the body belongs to is still in use.
   */
  unread(bytes: Bytes): void {
    this.#returned = bytes.slice();
  }

  /** Puts in front what was taken back, now that the request before it is done with. */
  restore(): void {
    const returned = this.#returned;
    if (returned === undefined) return;
    this.#returned = undefined;
    this.clear();
    if (returned.length > this.bytes.length) this.#enlarge();
    this.bytes.set(returned);
    this.filled = returned.length;
  }

  /** Takes out what is not used yet. */
  takeRest(): Bytes {
    const rest = this.#returned ?? this.bytes.slice(this.start, this.filled);
    this.#returned = undefined;
    this.start = this.filled;
    return rest;
  }

  #enlarge(): void {
    const large = this.#larges.borrow();
    large.set(this.bytes.subarray(0, this.filled));
    this.bytes = large;
  }

  /** Ends it: what a read still brings is nobody's. */
  close(): void {
    this.#closed = true;
  }

  /** Gives back what it borrowed, once it is closed and nobody uses it any more. */
  release(): void {
    this.clear();
    if (this.#ahead === undefined) this.#smalls.giveBack(this.#small);
  }

  async #takeAhead(ahead: Ahead): Promise<number | null> {
    const size = await ahead.size;
    this.#ahead = undefined;
    if (size === null || this.#closed) return null;
    if (this.bytes.length - this.filled < size) this.#enlarge();
    this.bytes.set(ahead.bytes.subarray(0, size), this.filled);
    this.#smalls.giveBack(ahead.bytes);
    return size;
  }
}
