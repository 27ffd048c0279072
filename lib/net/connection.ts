/** A connection as the tcp engine uses it: bytes both ways, whatever carries them. */

export type Bytes = Uint8Array<ArrayBuffer>;

/** What is there at once, or comes later: to await a promise costs more than a small read. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Bytes both ways. All of it may fail with an error of {@linkcode Deno.errors}: the peer is gone. Failures come as
 * rejected promises only. A read waits for the one before it, and a write for the one before it.
 */
export interface Connection {
  /** Receives what has arrived, or what arrives next. @returns how many bytes; null if the peer sends no more */
  read(into: Bytes): Awaitable<number | null>;
  /** Sends as much as there is room for. @returns how many bytes, one at least */
  write(bytes: Bytes): Awaitable<number>;
  /** Closes the sending side. */
  closeWrite(): Promise<void>;
  /** Closes it at once. Reads and writes that are under way fail. */
  close(): void;
}
