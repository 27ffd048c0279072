/**
 * Writes log lines without delaying anything: lines of one moment share a write, nothing waits for it,
 * and if whoever reads the output is too slow, lines are dropped and counted instead of kept in memory.
 */
export interface Sink {
  write(bytes: Uint8Array): Promise<number>;
}

/** How much may wait to be written, what is being written included. Log lines are ASCII: a byte each. */
const MAX_HELD_CHARACTERS = 4 * 1024 * 1024;

/** How much is written at once: a write to a pipe ends only when its reader has made room for all of it. */
const PIECE_BYTES = 64 * 1024;

/** How long lines are dropped until it is said again how many, in milliseconds. */
const DROPPED_AGAIN_MS = 10_000;

export interface LineWriterOptions {
  /** Called each time that lines are lost because the sink failed. */
  readonly onError: (error: unknown) => void;
  /** Called with the number of lines that were dropped, once there is room again; not too often. */
  readonly onDropped: (lines: number) => void;
  /** In milliseconds. */
  readonly clock: () => number;
}

export class LineWriter {
  readonly #sink: Sink;
  readonly #options: LineWriterOptions;
  #pending = "";
  /** Bytes taken from `#pending` that are being written. */
  #underWay = 0;
  #dropped = 0;
  #reportedAt = -Infinity;
  #writing: Promise<void> | undefined;

  constructor(sink: Sink, options: LineWriterOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** @param lines one, or several with line feeds between them */
  write(lines: string): void {
    if (this.#pending.length + this.#underWay > MAX_HELD_CHARACTERS) {
      this.#dropped += lines.split("\n").length;
      return;
    }
    this.#pending += `${lines}\n`;
    this.#writing ??= this.#drain();
  }

  /** Resolves once all lines so far are written or lost. */
  async flush(): Promise<void> {
    do {
      await this.#writing;
      this.#reportDropped(); // which may be one more line
    } while (this.#writing !== undefined);
  }

  async #drain(): Promise<void> {
    const encoder = new TextEncoder();
    try {
      await Promise.resolve(); // collects the lines of one moment
      while (this.#pending !== "") {
        let bytes = encoder.encode(this.#pending);
        this.#pending = "";
        while ((this.#underWay = bytes.length) > 0) {
          bytes = bytes.subarray(await this.#sink.write(bytes.subarray(0, PIECE_BYTES)));
        }
        const { clock } = this.#options;
        if (clock() - this.#reportedAt >= DROPPED_AGAIN_MS) this.#reportDropped();
      }
    } catch (error) {
      // A full disk or a reader that is gone must not stop the balancer.
      this.#pending = "";
      this.#underWay = 0;
      this.#options.onError(error);
    } finally {
      this.#writing = undefined;
    }
  }

  #reportDropped(): void {
    if (this.#dropped === 0) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#reportedAt = this.#options.clock();
    this.#options.onDropped(dropped);
  }
}
