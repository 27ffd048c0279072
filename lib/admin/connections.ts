/**
 * The connections of the admin port: how many there are, and how long each of them lasts. For one more than
 * there may be, the oldest is closed: whatever occupies them, the next health check is answered.
 */

import type { Connection } from "../net/connection.ts";

/** Those that wait for their clients. */
export const MAX_WAITING = 100;

/** Those whose change is being made: that takes its time, so they are not closed for others. */
const MAX_ACTING = 10;

type Closable = Pick<Connection, "close">;

export class Connections {
  readonly #lifetime: number;
  /** With their timers; the oldest comes first. */
  readonly #waiting = new Map<Closable, ReturnType<typeof setTimeout>>();
  readonly #acting = new Set<Closable>();

  /** @param lifetime how long a connection may wait for its client, in milliseconds */
  constructor(lifetime: number) {
    this.#lifetime = lifetime;
  }

  /** Whether one more change may be made at the same time. */
  get canAct(): boolean {
    return this.#acting.size < MAX_ACTING;
  }

  /** Closes it after its lifetime. */
  add(connection: Closable): void {
    if (this.#waiting.size === MAX_WAITING) this.close(this.#waiting.keys().next().value!);
    this.#waiting.set(connection, setTimeout(() => this.close(connection), this.#lifetime));
  }

  /**
   * Does something for a connection, which does not age meanwhile, and then begins a new lifetime.
   *
   * @returns undefined if it has been closed already: then nothing is done
   */
  async whileActing<Result>(
    connection: Closable,
    act: () => Result | Promise<Result>,
  ): Promise<Result | undefined> {
    if (!this.#stopWaiting(connection)) return undefined;
    this.#acting.add(connection);
    try {
      return await act();
    } finally {
      // It may have been closed meanwhile.
      if (this.#acting.delete(connection)) this.add(connection);
    }
  }

  close(connection: Closable): void {
    const isOpen = this.#stopWaiting(connection) || this.#acting.delete(connection);
    if (isOpen) connection.close();
  }

  closeAll(): void {
    for (const connection of [...this.#waiting.keys(), ...this.#acting]) this.close(connection);
  }

  /** @returns whether it was waiting */
  #stopWaiting(connection: Closable): boolean {
    clearTimeout(this.#waiting.get(connection));
    return this.#waiting.delete(connection);
  }
}
