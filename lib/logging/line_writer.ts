/**
 * Writes log lines without delaying requests: lines of one moment share a write, and if whoever reads the
 * output is too slow, lines are left out and counted instead of kept in memory.
 */
export interface Sink {
  write(bytes: Uint8Array): Promise<number>;
}

/** How much may wait to be written. */
const MAX_PENDING_CHARACTERS = 4 * 1024 * 1024;

export class LineWriter {
  readonly #sink: Sink;
  readonly #onError: (error: unknown) => void;
  #pending = "";
  #leftOut = 0;
  #writing: Promise<void> | undefined;

  /** @param onError called each time that lines are lost because the sink failed */
  constructor(sink: Sink, onError: (error: unknown) => void) {
    this.#sink = sink;
    this.#onError = onError;
  }

  write(line: string): void {
    if (this.#pending.length > MAX_PENDING_CHARACTERS) {
      this.#leftOut++;
      return;
    }
    this.#pending += `${line}\n`;
    this.#writing ??= this.#drain();
  }

  /** Resolves once all lines so far are written or lost. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #drain(): Promise<void> {
    const encoder = new TextEncoder();
    try {
      await Promise.resolve(); // collects the lines of one moment
      while (this.#pending !== "") {
        let bytes = encoder.encode(this.#takePending());
        while (bytes.length > 0) bytes = bytes.subarray(await this.#sink.write(bytes));
      }
    } catch (error) {
      // A full disk or a reader that is gone must not stop the balancer.
      this.#pending = "";
      this.#onError(error);
    } finally {
      this.#writing = undefined;
    }
  }

  #takePending(): string {
    let text = this.#pending;
    if (this.#leftOut > 0) text += `(${this.#leftOut} lines left out: output is read too slowly)\n`;
    this.#pending = "";
    this.#leftOut = 0;
    return text;
  }
}
