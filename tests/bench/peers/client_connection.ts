/** One connection of a client that compares each byte of each response with what is expected. */
import { textOf } from "../../../lib/engines/tcp/http1/bytes.ts";
import { buildRequest, type Workload } from "./workloads.ts";

/** The result of one request. */
export interface Exchange {
  /** What was wrong with the response, or undefined; if it was wrong, the connection must not be used again. */
  readonly wrong: string | undefined;
  /** How many bytes were received, the head included. */
  readonly length: number;
  /** When the last byte was received, on the clock of `performance.now()`. */
  readonly at: number;
}

/** The largest head of a response that fits into the buffer. */
export const MAX_HEAD_BYTES = 4 * 1024;

export class ClientConnection implements Disposable {
  readonly #connection: Deno.Conn;
  readonly #workload: Workload;
  readonly #request: Uint8Array;
  readonly #buffer: Uint8Array<ArrayBuffer>;

  /** @param buffer may be shared by connections of which only one is in use at a time */
  constructor(
    connection: Deno.Conn,
    workload: Workload,
    buffer = new Uint8Array(MAX_HEAD_BYTES + workload.answer.length),
  ) {
    this.#connection = connection;
    this.#workload = workload;
    this.#request = buildRequest(workload);
    this.#buffer = buffer;
  }

  /** @param authority the trusted certificate, as PEM, if the workload is over TLS */
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
        if (whole === Infinity) whole = this.#readLength(filled);
        if (Number.isNaN(whole)) return failed("the response has no Content-Length", filled);
        if (filled >= this.#buffer.length && whole > filled) {
          return failed("the response is too long", filled);
        }
      }
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return failed(`${error.name} after ${filled} bytes: ${error.message}`, filled);
    }
    const at = performance.now();
    return { wrong: this.#findWrong(filled), length: filled, at };
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }

  /** @returns the response's length; Infinity if the head is incomplete, NaN if it has no Content-Length */
  #readLength(filled: number): number {
    const end = this.#endOfHead(filled);
    if (end === -1) return Infinity;
    const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(textOf(this.#buffer, 0, end))?.[1];
    return length === undefined ? NaN : end + Number(length);
  }

  #findWrong(filled: number): string | undefined {
    const { answer } = this.#workload;
    const end = this.#endOfHead(filled);
    const firstLine = textOf(this.#buffer, 0, this.#buffer.indexOf(13));
    if (!firstLine.startsWith("HTTP/1.1 200")) return `the status line is ${firstLine}`;
    if (filled - end !== answer.length) return `the body has ${filled - end} bytes`;
    const wrong = answer.findIndex((byte, place) => this.#buffer[end + place] !== byte);
    return wrong === -1 ? undefined : `byte ${wrong} of the body differs`;
  }

  /** @returns where the body begins, or -1 if the head is incomplete */
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
