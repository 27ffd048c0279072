/**
 * Bytes that a client has sent and that are not used yet. They lie in one small buffer if they fit, so
 * that an idle connection holds little memory. A head that needs more borrows a large one until it is
 * served.
 */
import type { Buffers } from "../../../net/buffers.ts";
import type { Awaitable, Bytes, Connection } from "../../../net/connection.ts";
import type { RequestHead } from "../http1/request_head.ts";
import { ReadAhead, type Watcher } from "./read_ahead.ts";

export class Inbox {
  bytes: Bytes;
  /** Where the unused bytes begin and end. */
  start = 0;
  filled = 0;
  /** Buffers for heads that do not fit into a small one. */
  larges: Buffers;
  readonly #connection: Connection;
  readonly #smalls: Buffers;
  readonly #small: Bytes;
  /** What was read before it was needed; it comes before what the connection still has. */
  #ahead: ReadAhead | undefined;
  /** Whether the connection was closed: the result of a pending read is ignored. */
  #closed = false;
  /** Bytes taken back by {@linkcode unread}. */
  #returned: Bytes | undefined;

  constructor(connection: Connection, smalls: Buffers, larges: Buffers) {
    this.#connection = connection;
    this.#smalls = smalls;
    this.larges = larges;
    this.bytes = this.#small = smalls.borrow();
  }

  get isEmpty(): boolean {
    return this.start === this.filled && this.#returned === undefined;
  }

  /** Whether bytes or the end were read ahead. */
  get hasArrived(): boolean {
    return this.#ahead?.hasArrived === true;
  }

  /** Whether bytes were read ahead. */
  get hasMore(): boolean {
    return this.#ahead !== undefined && this.#ahead.size > 0;
  }

  /** Drops all bytes, and gives back a large buffer. */
  clear(): void {
    this.start = this.filled = 0;
    if (this.bytes === this.#small) return;
    this.larges.giveBack(this.bytes);
    this.bytes = this.#small;
  }

  /** Reads more, behind what is there. @returns how many bytes; null if the client sends no more */
  read(): Awaitable<number | null> {
    const room = this.filled === 0 ? this.bytes : this.bytes.subarray(this.filled);
    if (this.#ahead !== undefined) return this.#takeAhead(this.#ahead, room);
    return this.#connection.read(room);
  }

  /**
   * Reads until a head that has begun is complete.
   *
   * @param limit of its size, in bytes
   * @returns false if the client sends no more
   * @throws {Malformed} if it is larger, or not a valid head
   */
  async readRest(head: RequestHead, limit: number): Promise<boolean> {
    this.bytes.copyWithin(0, this.start, this.filled);
    this.filled -= this.start;
    this.start = 0;
    head.reset(0);
    while (!head.scan(this.bytes, this.filled)) {
      if (this.filled >= limit) throw head.sizeError(limit);
      if (this.filled === this.bytes.length) this.#enlarge();
      const size = await this.read();
      if (size === null || this.#closed) return false;
      this.filled += size;
    }
    return true;
  }

  /** Reads into a buffer of the caller. */
  readInto(bytes: Bytes): Awaitable<number | null> {
    const ahead = this.#ahead;
    return ahead === undefined ? this.#connection.read(bytes) : this.#takeAhead(ahead, bytes);
  }

  /** Reads on before more is needed, to notice if the client leaves, until somebody reads. */
  watch({ onEnd, onBreak }: Watcher): void {
    this.#ahead ??= new ReadAhead(this.#connection, this.#smalls, this.larges);
    this.#ahead.watch({ onEnd, onBreak: () => this.#closed || onBreak() });
  }

  /** Discards whatever arrives, until the end. */
  async discard(): Promise<void> {
    while (await this.readInto(this.#small) !== null);
  }

  /**
   * Takes back bytes that were read with a body and do not belong to it. They are kept apart because the
   * head of the current request is still in use.
   */
  unread(bytes: Bytes): void {
    this.#returned = bytes.slice();
  }

  /** Makes the bytes taken back the next ones, once the current request is over. */
  restore(): void {
    const returned = this.#returned;
    if (returned === undefined) return;
    this.#returned = undefined;
    this.clear();
    if (returned.length > this.bytes.length) this.#enlarge();
    this.bytes.set(returned);
    this.filled = returned.length;
  }

  /** Takes out the unused bytes. */
  takeRest(): Bytes {
    const rest = this.#returned ?? this.bytes.slice(this.start, this.filled);
    this.#returned = undefined;
    this.start = this.filled;
    return rest;
  }

  #enlarge(): void {
    const large = this.larges.borrow();
    large.set(this.bytes.subarray(0, this.filled));
    this.bytes = large;
  }

  /** From now on the result of a pending read is ignored. */
  close(): void {
    this.#closed = true;
  }

  /** Gives back its buffers, after it was closed and is not used any more. */
  release(): void {
    this.clear();
    this.#ahead?.release();
    this.#smalls.giveBack(this.#small);
  }

  async #takeAhead(ahead: ReadAhead, into: Bytes): Promise<number | null> {
    const size = await ahead.take(into);
    if (ahead.isSpent) {
      this.#ahead = undefined;
      ahead.release();
    }
    return this.#closed ? null : size;
  }
}
