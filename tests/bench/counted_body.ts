/** A body of any length whose bytes tell their positions, so that lost, doubled and swapped ones show. */

const BLOCK = 64 * 1024;
const encoder = new TextEncoder();

/** The upper byte of a multiplicative hash: neighbours and blocks differ from one another. */
function computeByte(position: number): number {
  return Math.imul(position, 0x9e3779b1) >>> 24;
}

export interface Writing {
  readonly chunked?: boolean;
  /** Spread evenly over this many milliseconds; by default as fast as it is taken. */
  readonly over?: number;
  /** Told of each write that has completed: its bytes, the framing of chunks included. */
  readonly onWritten?: (bytes: number) => void;
}

/** Writes such a body. */
export async function writeCounted(
  connection: Deno.Conn,
  size: number,
  { chunked = false, over = 0, onWritten = () => {} }: Writing = {},
): Promise<void> {
  const write = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) {
      const written = await connection.write(bytes.subarray(at));
      at += written;
      onWritten(written);
    }
  };
  const startedAt = performance.now();
  for (let position = 0; position < size;) {
    const due = startedAt + over * position / size;
    if (due > performance.now()) {
      await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
    }
    const block = blockAt(position, Math.min(BLOCK, size - position));
    await write(chunked ? asChunk(block) : block);
    position += block.length;
  }
  if (chunked) await write(encoder.encode("0\r\n\r\n"));
}

function blockAt(position: number, size: number): Uint8Array {
  const block = new Uint8Array(size);
  for (let i = 0; i < size; i++) block[i] = computeByte(position + i);
  return block;
}

function asChunk(block: Uint8Array): Uint8Array {
  const size = encoder.encode(`${block.length.toString(16)}\r\n`);
  const chunk = new Uint8Array(size.length + block.length + 2);
  chunk.set(size);
  chunk.set(block, size.length);
  chunk.set([13, 10], size.length + block.length);
  return chunk;
}

/** Checks such a body while it arrives. */
export class CountedCheck {
  received = 0;
  #wrongAt: number | undefined;

  take(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length && this.#wrongAt === undefined; i++) {
      if (bytes[i] !== computeByte(this.received + i)) this.#wrongAt = this.received + i;
    }
    this.received += bytes.length;
  }

  toString(): string {
    const content = this.#wrongAt === undefined ? "right" : `wrong from byte ${this.#wrongAt}`;
    return `${this.received} bytes, ${content}`;
  }
}

/** What a check of a whole body says. */
export function whole(size: number): string {
  return `${size} bytes, right`;
}
