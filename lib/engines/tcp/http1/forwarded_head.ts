/**
 * The head of a request as backends get it: the client's lines byte for byte, in their order and case,
 * less those that stay behind, and then our own (lib/http/headers.ts has the rules).
 *
 * Of most requests, and of most that came through another proxy, reading them has told which lines
 * stay behind, and our own are at hand as bytes. For the rest, the lines that a rule may change are
 * decoded, and the rules are asked one by one.
 */
import {
  type Field,
  forwardedValue,
  type Forwarding,
  proxyFields,
  ReceivedForwarding,
} from "../../../http/headers.ts";
import { bytesOf, copy, SP } from "./bytes.ts";
import { linesOf, type ProxyLines } from "./proxy_lines.ts";
import type { RequestHead } from "./request_head.ts";
import { absoluteTarget, hostOf } from "./request_host.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const CRLF = bytesOf("\r\n");
const CHUNKED = bytesOf("transfer-encoding: chunked\r\n");
const ROOM = 64; // for the names and line ends around those, and for CHUNKED
const VERSION_AND_LINE_END = 3; // of `HTTP/1.1\r\n`: the minor version, CR, LF

/** A request's head on its way, the same for each attempt but for the path prefix of the backend. */
export class ForwardedHead {
  /** Path and query, and host and port, where the target is more than a path. */
  readonly path: string | undefined;
  readonly authority: string | undefined;
  readonly #head: RequestHead;
  readonly #own: ProxyLines;
  /** Our lines where the rules had to be asked for them; else they are those of the connection. */
  readonly #ruled: Bytes | undefined;
  readonly #upgrade: Bytes | undefined;

  /**
   * @param upgrade protocols that the backend is asked to change to; undefined where none is
   * @throws {Malformed} where target or Host are none that can be forwarded
   */
  constructor(
    bytes: Uint8Array,
    head: RequestHead,
    own: ProxyLines,
    upgrade: string | undefined,
  ) {
    this.#head = head;
    this.#own = own;
    const target = head.form === "absolute" ? absoluteTarget(bytes, head) : undefined;
    this.path = target?.path;
    this.authority = target?.authority;
    if (target === undefined && !needsRules(head)) {
      own.prepare(bytes, head);
    } else {
      const host = target?.authority ?? hostOf(bytes, head);
      const forwarding = own.forwarding(host, head.minor, () => crypto.randomUUID());
      this.#ruled = ruledLines(bytes, head, forwarding, target !== undefined);
    }
    if (upgrade !== undefined) {
      this.#upgrade = bytesOf(`connection: upgrade\r\nupgrade: ${upgrade}\r\n`);
    }
  }

  /** Bytes that {@linkcode write} may need at most. */
  maxLength(prefix: Bytes, authority: string): number {
    const { start, end } = this.#head;
    return end - start + prefix.length + (this.#ruled ?? this.#own).length +
      (this.#upgrade?.length ?? 0) + (this.authority ?? authority).length + ROOM;
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
    at = this.#ruled === undefined
      ? this.#own.write(bytes, head, out, at)
      : copy(this.#ruled, 0, this.#ruled.length, out, at);
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

/** Whether reading it did not tell all that the rules have to say. */
function needsRules(head: RequestHead): boolean {
  return head.ruled || head.forwarding.several || head.nominated !== undefined || head.minor === 0;
}

/** Asks the rules line by line, cuts what stays behind or changes, and returns our own lines. */
function ruledLines(
  bytes: Uint8Array,
  head: RequestHead,
  forwarding: Forwarding,
  replacesHost: boolean,
): Bytes {
  const received = new ReceivedForwarding();
  const changed: Field[] = [];
  const cut: [number, number][] = [];
  let lengths = 0;
  head.forEachLine(bytes, (name, value, lineStart, lineEnd) => {
    const kept = name === "host"
      ? (replacesHost ? undefined : value)
      : head.nominated?.has(name)
      ? undefined
      : forwardedValue(name, value, forwarding, received);
    const repeated = name === "content-length" && lengths++ > 0;
    if (kept === value && !repeated) return;
    cut.push([lineStart, lineEnd]);
    if (kept !== undefined && !repeated) changed.push([name, kept]);
  }, head.nominated === undefined);
  head.cutAnew(cut);
  return bytesOf(linesOf([...changed, ...proxyFields(forwarding, received)]));
}
