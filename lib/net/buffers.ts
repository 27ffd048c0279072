/**
 * Buffers of one size, borrowed while they are in use: idle connections hold none, and busy ones leave no
 * work to the garbage collector.
 */
export class Buffers {
  readonly size: number;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  readonly #kept: number;

  /**
   * @param size of each, in bytes
   * @param kept how many unused buffers are kept at most
   */
  constructor(size: number, kept: number) {
    this.size = size;
    this.#kept = kept;
  }

  /** A buffer, with whatever it held before. */
  borrow(): Uint8Array<ArrayBuffer> {
    return this.#free.pop() ?? new Uint8Array(this.size);
  }

  /** Takes one back; a buffer of another size is let go. Whoever gives it must not touch it again. */
  giveBack(buffer: Uint8Array<ArrayBuffer>): void {
    if (buffer.length === this.size && this.#free.length < this.#kept) this.#free.push(buffer);
  }
}
