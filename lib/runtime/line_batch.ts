/** Collects access log lines of a worker, so that one message to the supervisor carries many of them. */

/** How long a line may wait for others. */
const MAX_WAIT_MS = 10;

const MAX_CHARACTERS = 64 * 1024;

export class LineBatch {
  readonly #send: (lines: string) => void;
  #lines = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param send takes lines separated by line feeds; the last line has none */
  constructor(send: (lines: string) => void) {
    this.#send = send;
  }

  write(line: string): void {
    this.#lines += this.#lines === "" ? line : `\n${line}`;
    if (this.#lines.length > MAX_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), MAX_WAIT_MS);
  }

  /** Sends all lines that wait. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines === "") return;
    const lines = this.#lines;
    this.#lines = "";
    this.#send(lines);
  }
}
