/** An HTTP/1 client that sends exactly the bytes it is given. */
import { concat, latin1 } from "./strict_parser.ts";
import { writeAll } from "./scripted_backend.ts";

export interface RawResponse {
  readonly status: number;
  /** Lower-case names, in the order of arrival. */
  readonly fields: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
  field(name: string): string | undefined;
}

/** Text with one byte per character: what a raw request is written in. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** The text without the Date that the tcp engine adds if the backend sent none. */
export function undated(text: string): string {
  return text.replace(/date: [^\r]*\r\n/g, "");
}

/** How long is waited for what should not come, behind what should, in milliseconds. */
const GRACE_MS = 150;

/** Sends the bytes and reads until the other side closes; half-closing is left to it. */
export async function exchange(
  port: number,
  request: string | Uint8Array,
  { closeAfterMs = 3_000 } = {},
): Promise<RawResponse[]> {
  const bytes = typeof request === "string" ? bytesOf(request) : request;
  return responsesOf(await exchangeBytes(port, bytes, closeAfterMs));
}

/**
 * Sends the bytes; resolves with all that came back once the other side closes or time is up.
 *
 * @param isDone whether the bytes received so far are enough; then it waits only a little longer
 */
export async function exchangeBytes(
  port: number,
  request: Uint8Array,
  closeAfterMs: number,
  isDone: (received: Uint8Array) => boolean = () => false,
): Promise<Uint8Array> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const parts: Uint8Array[] = [];
  const buffer = new Uint8Array(64 * 1024);
  let timer = setTimeout(() => connection.close(), closeAfterMs);
  try {
    await writeAll(connection, request);
    for (let size; (size = await connection.read(buffer)) !== null;) {
      parts.push(buffer.slice(0, size));
      if (!isDone(concat(parts))) continue;
      clearTimeout(timer);
      timer = setTimeout(() => connection.close(), GRACE_MS);
    }
  } catch (error) {
    if (!isClosed(error)) throw error;
  } finally {
    clearTimeout(timer);
  }
  return concat(parts);
}

/** Sends one request and reads one response, whatever happens to the connection then. */
export async function request(port: number, text: string): Promise<RawResponse> {
  return await requestOver(await Deno.connect({ hostname: "127.0.0.1", port }), text);
}

/** The same over a connection, which is closed afterwards. */
export async function requestOver(opened: Deno.Conn, text: string): Promise<RawResponse> {
  using connection = opened;
  const buffer = new Uint8Array(64 * 1024);
  let received = new Uint8Array();
  await writeAll(connection, bytesOf(text));
  while (true) {
    const parsed = parseResponse(received, /^HEAD /.test(text));
    if (parsed !== undefined) return parsed.response;
    const size = await connection.read(buffer);
    if (size === null) {
      const closed = parseResponse(received, /^HEAD /.test(text), true);
      if (closed === undefined) throw new Error(`No response: ${latin1(received)}`);
      return closed.response;
    }
    received = concat([received, buffer.subarray(0, size)]);
  }
}

/** All responses in the bytes, none of them to a HEAD. */
export function responsesOf(bytes: Uint8Array): RawResponse[] {
  const responses: RawResponse[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const parsed = parseResponse(rest, false, true);
    if (parsed === undefined) throw new Error(`No response: ${latin1(rest)}`);
    responses.push(parsed.response);
    rest = rest.slice(parsed.consumed);
  }
  return responses;
}

interface Parsed {
  readonly response: RawResponse;
  readonly consumed: number;
}

/** @param closed whether nothing more will come */
function parseResponse(bytes: Uint8Array, toHead: boolean, closed = false): Parsed | undefined {
  const text = latin1(bytes);
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(statusLine)?.[1]);
  if (status < 200 && status !== 101) {
    const final = parseResponse(bytes.slice(end + 4), toHead, closed);
    return final && { ...final, consumed: final.consumed + end + 4 };
  }
  const fields = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const field = (name: string) => fields.find(([n]) => n === name)?.[1];
  const start = end + 4;
  const length = field("content-length");
  const bodiless = toHead || status === 204 || status === 304;
  const make = (body: Uint8Array, consumed: number) => ({
    response: { status, fields, body, field },
    consumed,
  });
  if (bodiless) return make(new Uint8Array(), start);
  if (field("transfer-encoding") === "chunked") {
    const parts: Uint8Array[] = [];
    for (let at = start;;) {
      const line = text.indexOf("\r\n", at);
      if (line === -1) return undefined;
      const size = parseInt(text.slice(at, line), 16);
      if (bytes.length < line + 2 + size + 2) return undefined;
      if (size === 0) return make(concat(parts), line + 4);
      parts.push(bytes.slice(line + 2, line + 2 + size));
      at = line + 2 + size + 2;
    }
  }
  if (length === undefined) return closed ? make(bytes.slice(start), bytes.length) : undefined;
  if (bytes.length < start + Number(length)) return undefined;
  return make(bytes.slice(start, start + Number(length)), start + Number(length));
}

function isClosed(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted;
}

/** A connection to talk over step by step. */
export class Dialogue implements Disposable {
  /** All that came back and was not taken yet, as text. */
  received = "";
  readonly #connection: Deno.Conn;
  readonly #buffer = new Uint8Array(64 * 1024);

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  static async open(port: number): Promise<Dialogue> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    return new Dialogue(connection);
  }

  async send(text: string | Uint8Array): Promise<void> {
    await writeAll(this.#connection, typeof text === "string" ? bytesOf(text) : text);
  }

  /** Sends nothing more, and still reads. */
  closeWrite(): Promise<void> {
    return this.#connection.closeWrite();
  }

  /** The next response, interim ones skipped; rejects where the connection ends before it is whole. */
  async response({ toHead = false } = {}): Promise<RawResponse> {
    while (true) {
      const parsed = parseResponse(bytesOf(this.received), toHead);
      if (parsed !== undefined) {
        this.received = this.received.slice(parsed.consumed);
        return parsed.response;
      }
      if (!await this.#read()) throw new Error(`No whole response: ${this.received}`);
    }
  }

  /** Resolves when the text has arrived, with everything up to its end; rejects if it does not arrive. */
  async until(text: string): Promise<string> {
    while (true) {
      const at = this.received.indexOf(text);
      if (at !== -1) {
        const taken = this.received.slice(0, at + text.length);
        this.received = this.received.slice(at + text.length);
        return taken;
      }
      if (!await this.#read()) throw new Error(`${text} is not in: ${this.received}`);
    }
  }

  /** All that still comes until the other side closes. */
  async rest(): Promise<string> {
    while (await this.#read());
    const rest = this.received;
    this.received = "";
    return rest;
  }

  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch (error) {
      if (!isClosed(error)) throw error;
    }
  }

  async #read(): Promise<boolean> {
    try {
      const size = await this.#connection.read(this.#buffer);
      if (size === null) return false;
      this.received += latin1(this.#buffer.subarray(0, size));
      return true;
    } catch (error) {
      if (!isClosed(error)) throw error;
      return false;
    }
  }
}
