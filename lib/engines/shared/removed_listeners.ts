/** Drains the listeners that reloads take out: the same for both engines. */

/** How long such a listener still accepts connections, in milliseconds. */
const GRACE_MS = 500;

/** A listener, as far as it is drained. */
export interface Drainable {
  /**
   * @param deadline for all of it, on the clock of performance.now()
   * @param grace how long connections are still accepted, in milliseconds
   */
  drain(deadline: number, grace: number): Promise<void>;
}

export class RemovedListeners {
  readonly #onError: (error: unknown) => void;
  readonly #drains = new Set<Promise<void>>();

  /** @param onError called with errors that are faults of this program */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** @param timeout for what came in there, in milliseconds */
  drain(listeners: readonly Drainable[], timeout: number): void {
    const deadline = performance.now() + timeout;
    for (const listener of listeners) {
      const draining = listener.drain(deadline, Math.min(GRACE_MS, timeout)).catch(this.#onError)
        .finally(() => this.#drains.delete(draining));
      this.#drains.add(draining);
    }
  }

  /** Resolves when none of them is drained any more. */
  async ended(): Promise<void> {
    await Promise.all(this.#drains);
  }
}
