/** Reads HTTP/1.1 messages off a connection, as far as its user asks for and no further. */

/** Opens a connection, plain or over TLS. */
export type Open = () => Promise<Deno.Conn>;

/** @param to a port of this machine, or what opens a connection */
export function openerOf(to: number | Open): Open {
  return typeof to === "number" ? () => Deno.connect({ hostname: "127.0.0.1", port: to }) : to;
}

/** The other side went away in the middle of a message. */
export class Truncated extends Error {
  override name = "Truncated";
}

export interface Head {
  /** The words of the first line. */
  readonly words: readonly string[];
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
}

/** How much is read at a time if a head is expected: bytes that are not needed yet stay in the kernel. */
const HEAD_READ = 1024;
const decoder = new TextDecoder("latin1");

export class MessageReader {
  readonly #connection: Deno.Conn;
  readonly #buffer = new Uint8Array(256 * 1024);
  /** What was read and not taken yet: a part of the buffer. */
  #pending: Uint8Array<ArrayBuffer> = this.#buffer.subarray(0, 0);

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** The next head, or null where the other side closed instead of beginning one. */
  async head(): Promise<Head | null> {
    const first = await this.#line({ mayEnd: true });
    if (first === null) return null;
    const fields = new Map<string, string>();
    for (let line; (line = await this.#line()) !== "";) {
      const colon = line!.indexOf(":");
      fields.set(line!.slice(0, colon).toLowerCase(), line!.slice(colon + 1).trim());
    }
    return { words: first.split(" "), fields };
  }

  /** Reads the body that belongs to the head; one that is framed by closing is not known here. */
  async body({ fields }: Head, take: (bytes: Uint8Array) => void = () => {}): Promise<void> {
    if (fields.get("transfer-encoding") !== "chunked") {
      return await this.#exactly(Number(fields.get("content-length") ?? 0), take);
    }
    for (let size; (size = parseInt((await this.#line())!, 16)) !== 0;) {
      if (Number.isNaN(size)) throw new Error("The size of a chunk is no number");
      await this.#exactly(size, take);
      if (await this.#line() !== "") throw new Error("A chunk is longer than its size");
    }
    while (await this.#line() !== ""); // trailers
  }

  async #exactly(size: number, take: (bytes: Uint8Array) => void): Promise<void> {
    for (let left = size; left > 0;) {
      if (this.#pending.length === 0 && !await this.#read()) {
        throw new Truncated(`${left} of ${size} bytes are missing`);
      }
      const part = this.#pending.subarray(0, left);
      this.#pending = this.#pending.subarray(part.length);
      take(part);
      left -= part.length;
    }
  }

  /** @param mayEnd whether the other side may close here: then there is no line */
  async #line({ mayEnd = false } = {}): Promise<string | null> {
    for (let line = "";;) {
      const end = this.#pending.indexOf(10);
      const taken = this.#pending.subarray(0, end === -1 ? this.#pending.length : end + 1);
      line += decoder.decode(taken);
      this.#pending = this.#pending.subarray(taken.length);
      if (end !== -1) return line.slice(0, -2);
      if (await this.#read(HEAD_READ)) continue;
      if (mayEnd && line === "") return null;
      throw new Truncated(`after: ${line}`);
    }
  }

  /** @returns whether more came */
  async #read(most = this.#buffer.length): Promise<boolean> {
    const size = await this.#connection.read(this.#buffer.subarray(0, most));
    this.#pending = this.#buffer.subarray(0, size ?? 0);
    return size !== null;
  }
}

/** The other side went away, or a timer here closed the connection: nothing wrong with what was sent. */
export function isGone(error: unknown): error is Error {
  return error instanceof Truncated || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.UnexpectedEof;
}
