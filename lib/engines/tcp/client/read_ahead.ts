/**
 * Reads what a client sends before it is needed, to notice if the client leaves meanwhile. What arrives is
 * kept in order for whoever reads next: first in a small buffer, and if more comes, in one large one. If that
 * is full, nothing more is read, and the client is not watched any longer.
 */
import type { Buffers } from "../../../net/buffers.ts";
import type { Bytes, Connection } from "../../../net/connection.ts";

export interface Watcher {
  /** Called if the client closes its sending side. */
  readonly onEnd: () => void;
  /** Called if its connection is gone. */
  readonly onBreak: () => unknown;
}

export class ReadAhead {
  readonly #connection: Connection;
  readonly #smalls: Buffers;
  readonly #larges: Buffers;
  #buffer: Bytes;
  /** Where the bytes that were not taken yet begin and end. */
  #start = 0;
  #end = 0;
  /** The read under way; it never rejects. */
  #reading: Promise<void> | undefined;
  /** Told what happens until somebody reads. */
  #watcher: Watcher | undefined;
  /** Whether the client sends no more. */
  #ended = false;
  #error: { readonly error: unknown } | undefined;

  constructor(connection: Connection, smalls: Buffers, larges: Buffers) {
    this.#connection = connection;
    this.#smalls = smalls;
    this.#larges = larges;
    this.#buffer = smalls.borrow();
  }

  /** How many bytes have arrived and were not taken yet. */
  get size(): number {
    return this.#end - this.#start;
  }

  /** Whether bytes or the end have arrived. */
  get hasArrived(): boolean {
    return this.size > 0 || this.#ended;
  }

  /** Whether all was taken, so that the connection itself can be read again. */
  get isSpent(): boolean {
    return this.size === 0 && this.#reading === undefined && !this.#ended &&
      this.#error === undefined;
  }

  /** Reads ahead until somebody reads. */
  watch(watcher: Watcher): void {
    this.#watcher = watcher;
    if (this.#ended || this.#error !== undefined) return;
    this.#reading ??= this.#read();
  }

  /**
   * Takes what has arrived, or what arrives next.
   *
   * @param into where it is put, as much as there is room for
   * @returns how many bytes; null if the client sends no more
   */
  async take(into: Bytes): Promise<number | null> {
    this.#watcher = undefined;
    if (this.size === 0) await this.#reading;
    if (this.size === 0) {
      if (this.#error !== undefined) throw this.#error.error;
      return null;
    }
    const size = Math.min(this.size, into.length);
    into.set(this.#buffer.subarray(this.#start, this.#start + size));
    this.#start += size;
    return size;
  }

  /** Gives back its buffer, if nothing is read into it any more. */
  release(): void {
    if (this.#reading !== undefined) return;
    this.#smalls.giveBack(this.#buffer);
    this.#larges.giveBack(this.#buffer);
  }

  async #read(): Promise<void> {
    do {
      if (this.#end === this.#buffer.length && !this.#enlarge()) break;
      try {
        const size = await this.#connection.read(this.#buffer.subarray(this.#end));
        if (size === null) this.#ended = true;
        else this.#end += size;
      } catch (error) {
        this.#error = { error };
      }
    } while (this.#watcher !== undefined && !this.#ended && this.#error === undefined);
    this.#reading = undefined;
    if (this.#ended) this.#watcher?.onEnd();
    else if (this.#error !== undefined) this.#watcher?.onBreak();
  }

  /** @returns false if there is no larger buffer */
  #enlarge(): boolean {
    if (this.#buffer.length >= this.#larges.size) return false;
    const large = this.#larges.borrow();
    large.set(this.#buffer);
    this.#smalls.giveBack(this.#buffer);
    this.#buffer = large;
    return true;
  }
}
