/** One connection of a client that believes nothing: each answer is compared to the last byte. */
import { textOf } from "../../../lib/engines/tcp/http1/bytes.ts";
import { requestOf, type Workload } from "./workloads.ts";

/** What came of one request. */
export interface Exchange {
  /** Undefined where the answer was right; the connection is of no more use where it was not. */
  readonly wrong: string | undefined;
  /** How many bytes came, the head included. */
  readonly length: number;
  /** When the last of them came, on the clock of `performance.now()`. */
  readonly at: number;
}

/** Room for the head of an answer. */
export const HEAD_ROOM = 4 * 1024;

export class ClientConnection implements Disposable {
  readonly #connection: Deno.Conn;
  readonly #workload: Workload;
  readonly #request: Uint8Array;
  readonly #buffer: Uint8Array<ArrayBuffer>;

  /** @param buffer may be shared by connections of which only one is in use at a time */
  constructor(
    connection: Deno.Conn,
    workload: Workload,
    buffer = new Uint8Array(HEAD_ROOM + workload.answer.length),
  ) {
    this.#connection = connection;
    this.#workload = workload;
    this.#request = requestOf(workload);
    this.#buffer = buffer;
  }

  /** @param authority the certificate, as PEM, that is believed where the workload is over TLS */
  static async open(
    port: number,
    workload: Workload,
    authority: string | undefined,
    buffer?: Uint8Array<ArrayBuffer>,
  ): Promise<ClientConnection> {
    const address = { hostname: "127.0.0.1", port };
    if (workload.isTls) {
      const connection = await Deno.connectTls({ ...address, caCerts: [authority!] });
      return new ClientConnection(connection, workload, buffer);
    }
    const connection = await Deno.connect(address);
    connection.setNoDelay(true);
    return new ClientConnection(connection, workload, buffer);
  }

  async exchange(): Promise<Exchange> {
    let filled = 0;
    try {
      for (let sent = 0; sent < this.#request.length;) {
        sent += await this.#connection.write(this.#request.subarray(sent));
      }
      for (let whole = Infinity; filled < whole;) {
        const size = await this.#connection.read(this.#buffer.subarray(filled));
        if (size === null) return failed(`the connection ended after ${filled} bytes`, filled);
        filled += size;
        if (whole === Infinity) whole = this.#lengthOf(filled);
        if (Number.isNaN(whole)) return failed("the answer has no Content-Length", filled);
        if (filled >= this.#buffer.length && whole > filled) {
          return failed("the answer is too long", filled);
        }
      }
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return failed(`${error.name} after ${filled} bytes: ${error.message}`, filled);
    }
    const at = performance.now();
    return { wrong: this.#wrongOf(filled), length: filled, at };
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }

  /**
   * How long the answer is as its head has it; Infinity where that has not come, NaN where it does not say.
   */
  #lengthOf(filled: number): number {
    const end = this.#endOfHead(filled);
    if (end === -1) return Infinity;
    const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(textOf(this.#buffer, 0, end))?.[1];
    return length === undefined ? NaN : end + Number(length);
  }

  #wrongOf(filled: number): string | undefined {
    const { answer } = this.#workload;
    const end = this.#endOfHead(filled);
    const firstLine = textOf(this.#buffer, 0, this.#buffer.indexOf(13));
    if (!firstLine.startsWith("HTTP/1.1 200")) return `the answer is ${firstLine}`;
    if (filled - end !== answer.length) return `the body has ${filled - end} bytes`;
    const wrong = answer.findIndex((byte, place) => this.#buffer[end + place] !== byte);
    return wrong === -1 ? undefined : `byte ${wrong} of the body is another one`;
  }

  /** Where the body begins, or -1. */
  #endOfHead(filled: number): number {
    for (let at = 0; at + 3 < filled; at++) {
      if (this.#buffer[at + 1] === 10 && this.#buffer[at + 3] === 10) return at + 4;
    }
    return -1;
  }
}

function failed(wrong: string, length: number): Exchange {
  return { wrong, length, at: performance.now() };
}
