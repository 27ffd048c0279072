/**
 * The head of a request as backends get it: the client's lines byte for byte, in their order and case,
 * less those that stay behind, and then our own (lib/headers.ts has the rules).
 *
 * A plain request needs no rule asked: our own lines are the same for each request of a connection
 * that names the same host, but for the request id, so they are kept as bytes. Where a line is there
 * that a rule may change, such lines are decoded and the rules are asked one by one.
 */
import { isAuthority } from "../authority.ts";
import { type Field, type Forwarding, Heard, ownFields, passedOn } from "../headers.ts";
import { bytesOf, copy, SP, textOf } from "./bytes.ts";
import { Malformed } from "./malformed.ts";
import type { RequestHead } from "./request_head.ts";
import { REQUEST_ID_LENGTH, writeRequestId } from "./request_id.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Longer names exist nowhere (RFC 1035, 2.3.4), and each is written out twice. */
const MAX_HOST = 512;

const CRLF = bytesOf("\r\n");
const CHUNKED = bytesOf("transfer-encoding: chunked\r\n");
const ROOM = 64; // for the names and line ends around those, and for CHUNKED
const VERSION_AND_LINE_END = 3; // of `HTTP/1.1\r\n`: the minor version, CR, LF

/** What is said of a client's requests, and kept as bytes from one to the next. */
export class OwnLines {
  readonly #clientAddress: string;
  readonly #trusted: boolean;
  #lines: Bytes = new Uint8Array();
  /** Where the host stands in them, and how many bytes it has; none while there are no lines. */
  #hostAt = 0;
  #hostLength = 0;
  #requestIdAt = 0;

  constructor(clientAddress: string, trusted: boolean) {
    this.#clientAddress = clientAddress;
    this.#trusted = trusted;
  }

  /** Our own lines for a request that has none that a rule may change. */
  linesFor(bytes: Uint8Array, { hostStart, hostEnd }: RequestHead): Bytes {
    const length = hostEnd - hostStart;
    const same = length === this.#hostLength && length > 0 &&
      equal(this.#lines, this.#hostAt, bytes, hostStart, length);
    if (!same) this.#makeFor(hostOf(bytes, hostStart, hostEnd));
    writeRequestId(this.#lines, this.#requestIdAt);
    return this.#lines;
  }

  #makeFor(host: string): void {
    const id = "?".repeat(REQUEST_ID_LENGTH); // no host has a question mark
    const forwarding = this.forwarding(host, 1, () => id);
    const text = linesOf(ownFields(forwarding, new Heard()));
    this.#lines = bytesOf(text);
    this.#requestIdAt = text.indexOf(id);
    this.#hostAt = text.lastIndexOf(`: ${host}\r\n`) + 2;
    this.#hostLength = host.length;
  }

  forwarding(host: string, minor: number, newRequestId: () => string): Forwarding {
    return {
      clientAddress: this.#clientAddress,
      trusted: this.#trusted,
      scheme: "http",
      version: `1.${minor}`,
      host,
      newRequestId,
      passesTrailers: true,
      passesExpect: minor === 1, // HTTP/1.0 has none (RFC 9110, 10.1.1)
    };
  }
}

/** A request's head on its way, the same for each attempt but for the path prefix of the backend. */
export class ForwardedHead {
  /** Path and query, and host and port, where the target is more than a path. */
  readonly path: string | undefined;
  readonly authority: string | undefined;
  readonly #head: RequestHead;
  readonly #lines: Bytes;
  readonly #upgrade: Bytes | undefined;

  /**
   * @param upgrade protocols that the backend is asked to change to; undefined where none is
   * @throws {Malformed} where target or Host are none that can be forwarded
   */
  constructor(
    bytes: Uint8Array,
    head: RequestHead,
    own: OwnLines,
    upgrade: string | undefined,
  ) {
    this.#head = head;
    const target = head.form === "absolute" ? absoluteTarget(bytes, head) : undefined;
    this.path = target?.path;
    this.authority = target?.authority;
    if (target === undefined && !head.ruled && head.nominated === undefined && head.minor === 1) {
      this.#lines = own.linesFor(bytes, head);
    } else {
      const host = target?.authority ?? hostOf(bytes, head.hostStart, head.hostEnd);
      const forwarding = own.forwarding(host, head.minor, () => crypto.randomUUID());
      this.#lines = ruledLines(bytes, head, forwarding, target !== undefined);
    }
    if (upgrade !== undefined) {
      this.#upgrade = bytesOf(`connection: upgrade\r\nupgrade: ${upgrade}\r\n`);
    }
  }

  /** Bytes that {@linkcode write} may need at most. */
  maxLength(prefix: Bytes, authority: string): number {
    const { start, end } = this.#head;
    return end - start + prefix.length + this.#lines.length + (this.#upgrade?.length ?? 0) +
      (this.authority ?? authority).length + ROOM;
  }

  /**
   * Writes it.
   *
   * @param prefix the path of the backend's URL
   * @param authority what Host says where the client did not
   * @returns where it ends in `out`
   */
  write(bytes: Uint8Array, out: Bytes, prefix: Bytes, authority: string): number {
    const head = this.#head;
    let at = 0;
    if (prefix.length === 0 && head.form === "origin") {
      at = copy(bytes, head.start, head.fieldsStart, out, 0);
    } else {
      at = copy(bytes, head.start, head.targetStart, out, 0);
      if (head.form !== "asterisk" && this.path !== "*") {
        at = copy(prefix, 0, prefix.length, out, at);
      }
      const path = this.path === undefined ? undefined : bytesOf(this.path);
      if (path !== undefined) at = copy(path, 0, path.length, out, at);
      else at = copy(bytes, head.targetStart, head.targetEnd, out, at);
      out[at++] = SP;
      at = copy(bytes, head.targetEnd + 1, head.fieldsStart, out, at);
    }
    if (head.minor === 0) out[at - VERSION_AND_LINE_END] = 0x31;
    const host = this.authority ?? (head.hostEnd === 0 ? authority : undefined);
    if (host !== undefined) {
      const line = bytesOf(`host: ${host}\r\n`);
      at = copy(line, 0, line.length, out, at);
    }
    at = this.#writeKept(bytes, out, at);
    if (this.#upgrade !== undefined) at = copy(this.#upgrade, 0, this.#upgrade.length, out, at);
    if (head.chunked) at = copy(CHUNKED, 0, CHUNKED.length, out, at);
    at = copy(this.#lines, 0, this.#lines.length, out, at);
    return copy(CRLF, 0, CRLF.length, out, at);
  }

  #writeKept(bytes: Uint8Array, out: Bytes, at: number): number {
    const { cuts, cutCount, end, fieldsStart } = this.#head;
    let from = fieldsStart;
    for (let i = 0; i < cutCount; i++) {
      at = copy(bytes, from, cuts[2 * i]!, out, at);
      from = cuts[2 * i + 1]!;
    }
    return copy(bytes, from, end - 2, out, at);
  }
}

/** Asks the rules line by line, cuts what stays behind or changes, and returns our own lines. */
function ruledLines(
  bytes: Uint8Array,
  head: RequestHead,
  forwarding: Forwarding,
  replacesHost: boolean,
): Bytes {
  const heard = new Heard();
  const changed: Field[] = [];
  const cut: [number, number][] = [];
  let lengths = 0;
  head.forEachLine(bytes, (name, value, lineStart, lineEnd) => {
    const kept = name === "host"
      ? (replacesHost ? undefined : value)
      : head.nominated?.has(name)
      ? undefined
      : passedOn(name, value, forwarding, heard);
    const repeated = name === "content-length" && lengths++ > 0;
    if (kept === value && !repeated) return;
    cut.push([lineStart, lineEnd]);
    if (kept !== undefined && !repeated) changed.push([name, kept]);
  }, head.nominated === undefined);
  head.cutAnew(cut);
  return bytesOf(linesOf([...changed, ...ownFields(forwarding, heard)]));
}

/** An absolute target's authority replaces Host (RFC 9112, 3.2.2). */
function absoluteTarget(bytes: Uint8Array, head: RequestHead) {
  const target = textOf(bytes, head.targetStart, head.targetEnd);
  const [, authority = "", path = ""] = /^https?:\/\/([^/?]*)(.*)$/is.exec(target) ?? [];
  if (authority.length > MAX_HOST || !isAuthority(authority)) {
    throw new Malformed("the target must be a path, or an http URL without userinfo");
  }
  if (head.hostEnd > 0) hostOf(bytes, head.hostStart, head.hostEnd);
  // RFC 9112, 3.2.4: to OPTIONS, no path and no query mean the server as a whole.
  const server = path === "" && head.methodOf(bytes) === "OPTIONS";
  return { authority, path: server ? "*" : path.startsWith("/") ? path : `/${path}` };
}

/** @throws {Malformed} where it is no host and optional port; an HTTP/1.0 request may have none */
function hostOf(bytes: Uint8Array, start: number, end: number): string {
  if (end === 0) return "";
  const host = end - start > MAX_HOST ? "" : textOf(bytes, start, end);
  if (!isAuthority(host)) throw new Malformed("Host must be one host and an optional port");
  return host;
}

function linesOf(fields: readonly Field[]): string {
  return fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
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
