import type { Awaitable, Bytes, Connection } from "./connection.ts";

/** A connection of which more was read than was meant for the reader: it gives that back first. */
export class ReturnedBytes implements Connection {
  readonly #connection: Connection;
  #first: Bytes;

  /** @param first what comes before all that the connection still has */
  constructor(connection: Connection, first: Bytes) {
    this.#connection = connection;
    this.#first = first;
  }

  read(into: Bytes): Awaitable<number | null> {
    if (this.#first.length === 0) return this.#connection.read(into);
    const size = Math.min(into.length, this.#first.length);
    into.set(this.#first.subarray(0, size));
    this.#first = this.#first.slice(size); // a view would keep what was read already
    return size;
  }

  write(bytes: Bytes): Awaitable<number> {
    return this.#connection.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#connection.closeWrite();
  }

  close(): void {
    this.#connection.close();
  }
}
