/** A connection to the admin port as it has arrived, which TLS may begin on. */
import type { Awaitable, Bytes, Connection } from "../net/connection.ts";

/** To close it again does nothing: TLS closes it by itself, and so does the end of its lifetime. */
export class Arrival implements Connection {
  readonly #connection: Connection;
  #isClosed = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  read(into: Bytes): Awaitable<number | null> {
    return this.#connection.read(into);
  }

  write(bytes: Bytes): Awaitable<number> {
    return this.#connection.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#connection.closeWrite();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.close();
  }
}
