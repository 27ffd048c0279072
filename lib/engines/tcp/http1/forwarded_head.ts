/**
 * The head of a request as backends get it: the client's lines, unchanged and in order, without those
 * that are not forwarded; then the lines that the proxy adds. The rules are in lib/http/headers.ts.
 *
 * For most requests, also from other proxies, parsing has found the lines that are not forwarded, and the
 * lines to add are ready as bytes. For all others, the lines that a rule may change are decoded, and the
 * rules are applied to each.
 */
import {
  type Field,
  forwardedValue,
  type Forwarding,
  proxyFields,
  ReceivedForwarding,
} from "../../../http/headers.ts";
import { bytesOf, copy, SP } from "./bytes.ts";
import { formatLines, type ProxyLines } from "./proxy_lines.ts";
import type { RequestHead } from "./request_head.ts";
import { readAbsoluteTarget, readHost } from "./request_host.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const CRLF = bytesOf("\r\n");
const CHUNKED = bytesOf("transfer-encoding: chunked\r\n");

/** Room for CHUNKED, and for the names and line ends of added lines. */
const EXTRA_BYTES = 64;

/** From the minor version to the end of a request line: `1\r\n`. */
const MINOR_VERSION_TO_END_BYTES = 3;

/** A head that each attempt writes anew: path prefix and authority depend on the backend. */
export class ForwardedHead {
  /** Path and query of an absolute target; undefined if the target has another form. */
  readonly path: string | undefined;
  /** Host and port of an absolute target, which replace Host. */
  readonly authority: string | undefined;
  readonly #head: RequestHead;
  readonly #proxyLines: ProxyLines;
  /** The lines to add, if rules had to be applied; undefined if `#proxyLines` writes them. */
  #addedLines: Bytes | undefined;
  /** The target and the Host for the backend, if a route has changed them. */
  #sentPath: Bytes | undefined;
  #sentHost: string | undefined;
  readonly #upgrade: Bytes | undefined;
  /** The request id, if rules had to be applied and the client sent none. */
  #newId: string | undefined;

  /**
   * @param proxyLines of the client's connection
   * @param upgrade the value of Upgrade for the backend; undefined if there is none
   * @throws {Malformed} if the target or Host cannot be forwarded
   */
  constructor(
    bytes: Uint8Array,
    head: RequestHead,
    proxyLines: ProxyLines,
    upgrade: string | undefined,
  ) {
    this.#head = head;
    this.#proxyLines = proxyLines;
    const target = head.form === "absolute" ? readAbsoluteTarget(bytes, head) : undefined;
    this.path = target?.path;
    this.authority = target?.authority;
    if (target === undefined && !needsRules(head)) {
      proxyLines.prepare(bytes, head);
    } else {
      const host = target?.authority ?? readHost(bytes, head);
      const makeId = () => this.#newId = crypto.randomUUID();
      const forwarding = proxyLines.buildForwarding(host, head.minor, makeId);
      this.#addedLines = applyRules(bytes, head, forwarding, target !== undefined);
    }
    if (upgrade !== undefined) {
      this.#upgrade = bytesOf(`connection: upgrade\r\nupgrade: ${upgrade}\r\n`);
    }
  }

  /** Changes it as a route says. @param bytes that the client's head was parsed from */
  change(bytes: Uint8Array, { path, host, headers }: HeadChanges): void {
    const head = this.#head;
    if (path !== undefined) this.#sentPath = bytesOf(path);
    this.#sentHost = host;
    if (host === undefined && headers === undefined) return;
    const id = this.requestId;
    const received = this.authority ?? readHost(bytes, head);
    const makeId = () => id ?? crypto.randomUUID();
    const forwarding = this.#proxyLines.buildForwarding(received, head.minor, makeId);
    const replacesHost = host !== undefined || this.authority !== undefined;
    this.#addedLines = applyRules(bytes, head, forwarding, replacesHost, headers);
    this.#newId = id;
  }

  /**
   * The value of X-Request-Id that the proxy adds; undefined if the client sent one. It can be read until
   * the next request of the connection.
   */
  get requestId(): string | undefined {
    if (this.#addedLines !== undefined) return this.#newId;
    return this.#head.forwarding.requestId ? undefined : this.#proxyLines.requestId;
  }

  /** How many bytes {@linkcode write} needs at most. */
  maxLength(prefix: Bytes, authority: string): number {
    const { start, end } = this.#head;
    return end - start + prefix.length + (this.#addedLines ?? this.#proxyLines).length +
      (this.#upgrade?.length ?? 0) + (this.#sentPath?.length ?? 0) +
      (this.#sentHost ?? this.authority ?? authority).length + EXTRA_BYTES;
  }

  /**
   * Writes the head to the beginning of `out`.
   *
   * @param bytes that the client's head was parsed from
   * @param prefix the path of the backend's URL
   * @param authority the value of Host if the client sent none (HTTP/1.0)
   * @returns where the head ends in `out`
   */
  write(bytes: Uint8Array, out: Bytes, prefix: Bytes, authority: string): number {
    const head = this.#head;
    let at = 0;
    if (prefix.length === 0 && head.form === "origin" && this.#sentPath === undefined) {
      at = copy(bytes, head.start, head.fieldsStart, out, 0);
    } else {
      at = copy(bytes, head.start, head.targetStart, out, 0);
      if (head.form !== "asterisk" && this.path !== "*") {
        at = copy(prefix, 0, prefix.length, out, at);
      }
      const path = this.#sentPath ?? (this.path === undefined ? undefined : bytesOf(this.path));
      if (path !== undefined) at = copy(path, 0, path.length, out, at);
      else at = copy(bytes, head.targetStart, head.targetEnd, out, at);
      out[at++] = SP;
      at = copy(bytes, head.targetEnd + 1, head.fieldsStart, out, at);
    }
    if (head.minor === 0) out[at - MINOR_VERSION_TO_END_BYTES] = 0x31;
    const host = this.#sentHost ?? this.authority ?? (head.hostEnd === 0 ? authority : undefined);
    if (host !== undefined) {
      const line = bytesOf(`host: ${host}\r\n`);
      at = copy(line, 0, line.length, out, at);
    }
    at = this.#writeForwardedLines(bytes, out, at);
    if (this.#upgrade !== undefined) at = copy(this.#upgrade, 0, this.#upgrade.length, out, at);
    if (head.chunked) at = copy(CHUNKED, 0, CHUNKED.length, out, at);
    at = this.#addedLines === undefined
      ? this.#proxyLines.write(bytes, head, out, at)
      : copy(this.#addedLines, 0, this.#addedLines.length, out, at);
    return copy(CRLF, 0, CRLF.length, out, at);
  }

  #writeForwardedLines(bytes: Uint8Array, out: Bytes, at: number): number {
    const { droppedRanges, droppedRangeCount, end, fieldsStart } = this.#head;
    let from = fieldsStart;
    for (let i = 0; i < droppedRangeCount; i++) {
      at = copy(bytes, from, droppedRanges[2 * i]!, out, at);
      from = droppedRanges[2 * i + 1]!;
    }
    return copy(bytes, from, end - 2, out, at);
  }
}

/** What a route changes of a head. */
export interface HeadChanges {
  /** Path and query for the backend; undefined leaves them as they are. */
  readonly path: string | undefined;
  readonly host: string | undefined;
  readonly headers: LineChanges | undefined;
}

/** What a route changes of the lines. */
export interface LineChanges {
  /** Whether the lines of a name are left out. */
  readonly drops: (name: string) => boolean;
  /** The lines that are added at the end. */
  readonly lines: () => Field[];
}

/** Whether the rules must be applied to each line, as parsing has not applied all of them. */
function needsRules(head: RequestHead): boolean {
  return head.hasExpectOrMaxForwards || head.forwarding.hasRepeatedList ||
    head.connectionOptions !== undefined || head.minor === 0;
}

/**
 * Applies the rules to each line, and marks those that are not forwarded unchanged.
 *
 * @returns the lines to add: the changed ones, and those that the proxy always adds
 */
function applyRules(
  bytes: Uint8Array,
  head: RequestHead,
  forwarding: Forwarding,
  replacesHost: boolean,
  changes?: LineChanges,
): Bytes {
  const received = new ReceivedForwarding();
  const changed: Field[] = [];
  const dropped: [number, number][] = [];
  let lengths = 0;
  head.forEachLine(bytes, (name, value, lineStart, lineEnd) => {
    const forwarded = name === "host"
      ? (replacesHost ? undefined : value)
      : head.connectionOptions?.has(name) || changes?.drops(name)
      ? undefined
      : forwardedValue(name, value, forwarding, received);
    const isRepeated = name === "content-length" && lengths++ > 0;
    if (forwarded === value && !isRepeated) return;
    dropped.push([lineStart, lineEnd]);
    if (forwarded !== undefined && !isRepeated) changed.push([name, forwarded]);
  }, head.connectionOptions === undefined && changes === undefined);
  head.replaceDroppedLines(dropped);
  const added = [...changed, ...proxyFields(forwarding, received)];
  if (changes === undefined) return bytesOf(formatLines(added));
  return bytesOf(
    formatLines([...added.filter(([name]) => !changes.drops(name)), ...changes.lines()]),
  );
}
