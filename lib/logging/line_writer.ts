/**
 * Writes log lines without ever holding up a request: lines of one moment go out in one write, and
 * where the reader of our output is too slow, lines are left out and counted instead of kept.
 */
export interface Sink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Characters that may wait to be written. */
const MAX_PENDING_CHARACTERS = 4 * 1024 * 1024;

export class LineWriter {
  readonly #sink: Sink;
  readonly #onError: (error: unknown) => void;
  #pending = "";
  #leftOut = 0;
  #writing: Promise<void> | undefined;

  /** @param onError told why lines were lost, as often as that happens */
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

  /** Resolves once everything written so far is out. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #drain(): Promise<void> {
    const encoder = new TextEncoder();
    try {
      await Promise.resolve(); // lines of the same moment go together
      while (this.#pending !== "") {
        let bytes = encoder.encode(this.#takePending());
        while (bytes.length > 0) bytes = bytes.subarray(await this.#sink.write(bytes));
      }
    } catch (error) {
      // A full disk or a reader that is gone must not end the serving: lines are lost, and it is told.
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
