/**
 * Writes log lines without ever holding up a request: lines of one moment go out in one write, and
 * where the reader of our output is too slow, lines are left out and counted instead of kept.
 */
export interface Sink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Characters that may wait to be written. */
const LIMIT = 4 * 1024 * 1024;

export class LineWriter {
  readonly #sink: Sink;
  #pending = "";
  #leftOut = 0;
  #writing: Promise<void> | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  write(line: string): void {
    if (this.#pending.length > LIMIT) {
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
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      this.#pending = ""; // nobody reads: serving goes on without a log
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
