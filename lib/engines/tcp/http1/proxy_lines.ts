/**
 * Our own lines for the requests of one connection, as bytes.
 *
 * For all that name the same host they are the same, but for the request id, and kept from one to the
 * next. What the lines of a client say is written into them where it belongs: a list before our item,
 * and in place of a line that the client has said already, nothing.
 */
import {
  type Field,
  type Forwarding,
  proxyFields,
  ReceivedForwarding,
} from "../../../http/headers.ts";
import { bytesOf, copy, SP } from "./bytes.ts";
import type { RequestHead } from "./request_head.ts";
import { hostOf } from "./request_host.ts";
import { REQUEST_ID_LENGTH, writeRequestId } from "./request_id.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const COMMA = 0x2c;

/** Stands where a request id is written later; no host has a question mark. */
const NO_ID = "?".repeat(REQUEST_ID_LENGTH);

/** Where a line, and its value, begin. */
interface Place {
  readonly line: number;
  readonly value: number;
}

const NOWHERE: Place = { line: 0, value: 0 };

export class ProxyLines {
  /** Whether the client's X-Forwarded-* are believed. */
  readonly trusted: boolean;
  readonly #clientAddress: string;
  #lines: Bytes = new Uint8Array();
  /** The lines, in their order; nowhere until there are any. */
  #forwardedFor = NOWHERE;
  #forwardedProto = NOWHERE;
  #forwardedHost = NOWHERE;
  #via = NOWHERE;
  #requestId = NOWHERE;
  #hostLength = 0;

  constructor(clientAddress: string, trusted: boolean) {
    this.#clientAddress = clientAddress;
    this.trusted = trusted;
  }

  /** How many bytes they take, without what is written into them. */
  get length(): number {
    return this.#lines.length;
  }

  /**
   * Makes them ready for an HTTP/1.1 request, with an id of its own.
   *
   * @throws {Malformed} where its Host is none
   */
  prepare(bytes: Uint8Array, head: RequestHead): void {
    const length = head.hostEnd - head.hostStart;
    const same = length === this.#hostLength && length > 0 &&
      equal(this.#lines, this.#forwardedHost.value, bytes, head.hostStart, length);
    if (!same) this.#makeFor(hostOf(bytes, head));
    if (!head.forwarding.requestId) writeRequestId(this.#lines, this.#requestId.value);
  }

  /** Writes those of the request that they were made ready for. @returns where they end in `out` */
  write(bytes: Uint8Array, { forwarding: received }: RequestHead, out: Bytes, at: number): number {
    const lines = this.#lines;
    if (!received.any) return copy(lines, 0, lines.length, out, at);
    const address = this.#forwardedFor.value, version = this.#via.value;
    at = copy(lines, 0, address, out, at);
    at = copyItem(bytes, received.forwardedForStart, received.forwardedForEnd, out, at);
    at = copy(lines, address, this.#forwardedProto.line, out, at);
    if (!received.forwardedProto) {
      at = copy(lines, this.#forwardedProto.line, this.#forwardedHost.line, out, at);
    }
    if (!received.forwardedHost) {
      at = copy(lines, this.#forwardedHost.line, this.#via.line, out, at);
    }
    at = copy(lines, this.#via.line, version, out, at);
    at = copyItem(bytes, received.viaStart, received.viaEnd, out, at);
    at = copy(lines, version, this.#requestId.line, out, at);
    return received.requestId ? at : copy(lines, this.#requestId.line, lines.length, out, at);
  }

  #makeFor(host: string): void {
    const text = linesOf(
      proxyFields(this.forwarding(host, 1, () => NO_ID), new ReceivedForwarding()),
    );
    this.#lines = bytesOf(text);
    this.#forwardedFor = placeOf("x-forwarded-for", text);
    this.#forwardedProto = placeOf("x-forwarded-proto", text);
    this.#forwardedHost = placeOf("x-forwarded-host", text);
    this.#via = placeOf("via", text);
    this.#requestId = placeOf("x-request-id", text);
    this.#hostLength = host.length;
  }

  /** What the rules of lib/http/headers.ts ask for. */
  forwarding(host: string, minor: number, newRequestId: () => string): Forwarding {
    return {
      clientAddress: this.#clientAddress,
      trusted: this.trusted,
      scheme: "http",
      version: `1.${minor}`,
      host,
      newRequestId,
      passesTrailers: true,
      passesExpect: minor === 1, // HTTP/1.0 has none (RFC 9110, 10.1.1)
    };
  }
}

/** Field lines as they are sent. */
export function linesOf(fields: readonly Field[]): string {
  return fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
}

/** Where the line of a name stands; no value of ours has a space after a colon. */
function placeOf(name: string, lines: string): Place {
  const start = `${name}: `;
  const line = lines.indexOf(start);
  return { line, value: line + start.length };
}

/** Copies what stands before another item of a list, if there is anything. */
function copyItem(from: Uint8Array, start: number, end: number, to: Bytes, at: number): number {
  if (start === end) return at;
  at = copy(from, start, end, to, at);
  to[at++] = COMMA;
  to[at++] = SP;
  return at;
}

function equal(
  one: Uint8Array,
  oneAt: number,
  other: Uint8Array,
  otherAt: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) if (one[oneAt + i] !== other[otherAt + i]) return false;
  return true;
}
