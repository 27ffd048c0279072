/**
 * The lines that the proxy adds to the requests of one connection, as bytes.
 *
 * They are reused as long as Host stays the same: only the request id changes. If a request came through
 * another proxy, its lists are written before the proxy's own item, and lines that it already has are
 * left out.
 */
import {
  type Field,
  type Forwarding,
  proxyFields,
  ReceivedForwarding,
} from "../../../http/headers.ts";
import { type Peer, UNIX_PEER } from "../../../http/peer.ts";
import { bytesOf, copy, SP, textOf } from "./bytes.ts";
import type { RequestHead } from "./request_head.ts";
import { readHost } from "./request_host.ts";
import { REQUEST_ID_BYTES, writeRequestId } from "./request_id.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const COMMA = 0x2c;
const CRLF = bytesOf("\r\n");
const FORWARDED_FOR = bytesOf("x-forwarded-for: ");

/** Reserves the place of a request id. */
const ID_PLACEHOLDER = "?".repeat(REQUEST_ID_BYTES);

/** Where a line begins, and its value. */
interface LineOffsets {
  readonly line: number;
  readonly value: number;
}

const UNSET: LineOffsets = { line: 0, value: 0 };

export class ProxyLines {
  /** Whether X-Forwarded-* of the client are trusted. */
  readonly trusted: boolean;
  readonly #peer: Peer;
  readonly #instanceName: string;
  #lines: Bytes = new Uint8Array();
  /** The lines, in this order. */
  #forwardedFor = UNSET;
  #forwardedProto = UNSET;
  #forwardedHost = UNSET;
  #via = UNSET;
  #requestId = UNSET;
  #hostLength = 0;

  /** @param instanceName this balancer's name in Via */
  constructor(peer: Peer, trusted: boolean, instanceName: string) {
    this.#peer = peer;
    this.#instanceName = instanceName;
    this.trusted = trusted;
  }

  /** The id of the request that was prepared last, if its client sent none. */
  get requestId(): string {
    const { value } = this.#requestId;
    return textOf(this.#lines, value, value + REQUEST_ID_BYTES);
  }

  /** The length in bytes, without the lists of other proxies. */
  get length(): number {
    return this.#lines.length;
  }

  /**
   * Prepares the lines of an HTTP/1.1 request, with a new id.
   *
   * @throws {Malformed} if Host is not one host and an optional port
   */
  prepare(bytes: Uint8Array, head: RequestHead): void {
    const length = head.hostEnd - head.hostStart;
    const isSameHost = length === this.#hostLength && length > 0 &&
      hasEqualBytes(this.#lines, this.#forwardedHost.value, bytes, head.hostStart, length);
    if (!isSameHost) this.#buildFor(readHost(bytes, head));
    if (!head.forwarding.requestId) writeRequestId(this.#lines, this.#requestId.value);
  }

  /** Writes the lines of the request that was prepared last. @returns where they end in `out` */
  write(bytes: Uint8Array, { forwarding: received }: RequestHead, out: Bytes, at: number): number {
    const lines = this.#lines;
    if (!received.any) return copy(lines, 0, lines.length, out, at);
    const via = this.#via.value;
    at = this.#writeForwardedFor(bytes, received, out, at);
    if (!received.forwardedProto) {
      at = copy(lines, this.#forwardedProto.line, this.#forwardedHost.line, out, at);
    }
    if (!received.forwardedHost) {
      at = copy(lines, this.#forwardedHost.line, this.#via.line, out, at);
    }
    at = copy(lines, this.#via.line, via, out, at);
    at = writeList(bytes, received.viaStart, received.viaEnd, out, at);
    at = copy(lines, via, this.#requestId.line, out, at);
    return received.requestId ? at : copy(lines, this.#requestId.line, lines.length, out, at);
  }

  /** The list of other proxies, and behind it the peer, unless that has no address. */
  #writeForwardedFor(
    bytes: Uint8Array,
    { forwardedForStart: start, forwardedForEnd: end }: RequestHead["forwarding"],
    out: Bytes,
    at: number,
  ): number {
    const lines = this.#lines;
    if (this.#peer.address === UNIX_PEER) {
      if (start === end) return at;
      at = copy(FORWARDED_FOR, 0, FORWARDED_FOR.length, out, at);
      at = copy(bytes, start, end, out, at);
      return copy(CRLF, 0, CRLF.length, out, at);
    }
    const address = this.#forwardedFor.value;
    at = copy(lines, 0, address, out, at);
    at = writeList(bytes, start, end, out, at);
    return copy(lines, address, this.#forwardedProto.line, out, at);
  }

  #buildFor(host: string): void {
    const text = formatLines(
      proxyFields(this.buildForwarding(host, 1, () => ID_PLACEHOLDER), new ReceivedForwarding()),
    );
    this.#lines = bytesOf(text);
    this.#forwardedFor = findLine("x-forwarded-for", text);
    this.#forwardedProto = findLine("x-forwarded-proto", text);
    this.#forwardedHost = findLine("x-forwarded-host", text);
    this.#via = findLine("via", text);
    this.#requestId = findLine("x-request-id", text);
    this.#hostLength = host.length;
  }

  /** Returns what the rules of lib/http/headers.ts depend on. @param minor of the request's version */
  buildForwarding(host: string, minor: number, newRequestId: () => string): Forwarding {
    return {
      clientAddress: this.#peer.address,
      trusted: this.trusted,
      scheme: this.#peer.scheme,
      clientCert: this.#peer.clientCert,
      version: `1.${minor}`,
      instanceName: this.#instanceName,
      host,
      newRequestId,
      passesTrailers: true,
      passesExpect: minor === 1, // ignored in HTTP/1.0 (RFC 9110, 10.1.1)
    };
  }
}

/** Formats fields as field lines. */
export function formatLines(fields: readonly Field[]): string {
  return fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
}

/** Finds the line of a name. No value contains `name: `: a host has no space after its colon. */
function findLine(name: string, lines: string): LineOffsets {
  const start = `${name}: `;
  const line = lines.indexOf(start);
  return { line, value: line + start.length };
}

/** Writes a list and the comma after it; nothing if the list is empty. */
function writeList(from: Uint8Array, start: number, end: number, to: Bytes, at: number): number {
  if (start === end) return at;
  at = copy(from, start, end, to, at);
  to[at++] = COMMA;
  to[at++] = SP;
  return at;
}

function hasEqualBytes(
  one: Uint8Array,
  oneAt: number,
  other: Uint8Array,
  otherAt: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) if (one[oneAt + i] !== other[otherAt + i]) return false;
  return true;
}
