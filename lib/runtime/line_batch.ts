/** Gathers log lines of a worker, so that they go to the supervisor many at a time. */

/** How long a line may wait for others, in milliseconds. */
const MAX_WAIT_MS = 10;

/** In characters. */
const MAX_CHARACTERS = 64 * 1024;

export class LineBatch {
  readonly #send: (lines: string) => void;
  #lines = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param send takes lines, without the last one's end */
  constructor(send: (lines: string) => void) {
    this.#send = send;
  }

  write(line: string): void {
    this.#lines += this.#lines === "" ? line : `\n${line}`;
    if (this.#lines.length > MAX_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), MAX_WAIT_MS);
  }

  /** Sends what there is. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines === "") return;
    const lines = this.#lines;
    this.#lines = "";
    this.#send(lines);
  }
}
