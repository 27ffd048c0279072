/**
 * A strict HTTP/1.1 request parser, written for the tests alone and on purpose unlike any other code
 * here: it looks at what reached a backend and throws at whatever could be read in two ways.
 */
import { Buffer } from "node:buffer";

export interface ParsedRequest {
  readonly method: string;
  readonly target: string;
  /** Lower-case names, in the order of arrival. */
  readonly fields: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
  readonly trailers: readonly (readonly [string, string])[];
}

const CR = 13, LF = 10;
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const REQUEST_LINE = new RegExp(`^(${TOKEN}) ([\\x21-\\x7e]+) HTTP/1\\.1$`);
const FIELD_LINE = new RegExp(`^(${TOKEN}):[ \\t]*([\\t\\x20-\\x7e\\x80-\\xff]*?)[ \\t]*$`);

/**
 * @returns the first request in the bytes and how many bytes it took; undefined if it is not
 * complete yet
 * @throws where the bytes are no single unambiguous request
 */
export function parseRequest(
  bytes: Uint8Array,
): { request: ParsedRequest; consumed: number } | undefined {
  const head = until(bytes, 0, "\r\n\r\n");
  if (head === undefined) return undefined;
  const [requestLine = "", ...lines] = head.text.split("\r\n");
  const [, method = "", target = ""] = REQUEST_LINE.exec(requestLine) ?? broken(requestLine);
  const fields = lines.map(fieldLine);
  const values = (name: string) => fields.filter(([n]) => n === name).map(([, value]) => value);

  if (values("host").length !== 1) broken("not exactly one Host");
  const lengths = values("content-length");
  const codings = values("transfer-encoding");
  if (lengths.length + codings.length > 1) broken("more than one framing");
  if (codings.length === 1) {
    if (codings[0] !== "chunked") broken(`Transfer-Encoding ${codings[0]}`);
    const chunked = chunkedBody(bytes, head.end);
    if (chunked === undefined) return undefined;
    const { body, trailers, end } = chunked;
    return { request: { method, target, fields, body, trailers }, consumed: end };
  }
  const length = lengths.length === 0 ? 0 : wholeNumber(lengths[0]!);
  const end = head.end + length;
  if (bytes.length < end) return undefined;
  const body = bytes.slice(head.end, end);
  return { request: { method, target, fields, body, trailers: [] }, consumed: end };
}

function chunkedBody(bytes: Uint8Array, start: number) {
  const parts: Uint8Array[] = [];
  let at = start;
  while (true) {
    const line = until(bytes, at, "\r\n");
    if (line === undefined) return undefined;
    if (!/^[0-9A-Fa-f]{1,8}$/.test(line.text)) broken(`chunk size ${line.text}`);
    const size = parseInt(line.text, 16);
    if (size === 0) {
      const trailers: (readonly [string, string])[] = [];
      let trailer = until(bytes, line.end, "\r\n");
      while (trailer !== undefined && trailer.text !== "") {
        trailers.push(fieldLine(trailer.text));
        trailer = until(bytes, trailer.end, "\r\n");
      }
      if (trailer === undefined) return undefined;
      return { body: concat(parts), trailers, end: trailer.end };
    }
    const end = line.end + size;
    if (bytes.length < end + 2) return undefined;
    if (bytes[end] !== CR || bytes[end + 1] !== LF) broken("no CRLF after a chunk");
    parts.push(bytes.slice(line.end, end));
    at = end + 2;
  }
}

function fieldLine(line: string): readonly [string, string] {
  const [, name = "", value = ""] = FIELD_LINE.exec(line) ?? broken(`field line ${line}`);
  return [name.toLowerCase(), value];
}

function wholeNumber(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : broken(`Content-Length ${text}`);
}

/** The text before the mark, and where what follows it begins. */
function until(bytes: Uint8Array, start: number, mark: "\r\n" | "\r\n\r\n") {
  for (let at = bytes.indexOf(CR, start); at !== -1; at = bytes.indexOf(CR, at + 1)) {
    const end = at + mark.length;
    if (latin1(bytes.subarray(at, end)) === mark) {
      return { text: latin1(bytes.subarray(start, at)), end };
    }
  }
  return undefined;
}

/** One character per byte; TextDecoder's "latin1" is windows-1252, which is not. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** Puts chunks together. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function broken(what: string): never {
  throw new Error(`Not one unambiguous request: ${JSON.stringify(what)}`);
}
