/**
 * What HTTP/1 messages mean, read by regular expressions over text: slow, and written for the tests alone
 * as an oracle. It takes what RFC 9112 lets a recipient take, and nothing that can be read in two ways.
 */
export interface Meaning {
  /** `GET /x`, or `200`. */
  readonly start: string;
  /** Lines that are end to end, in lower case, sorted. */
  readonly fields: readonly string[];
  readonly body: string;
  /** Whether the message ends only where the connection does. */
  readonly toEnd: boolean;
  /** Characters that it takes. */
  readonly length: number;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const LINE = new RegExp(`^(${TOKEN}):[ \\t]*([\\t\\x20-\\x7e\\x80-\\xff]*?)[ \\t]*$`);
const REQUEST_LINE = new RegExp(`^(${TOKEN}) ([!-"$-~]+) HTTP/1\\.([01])$`);
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;

/** The first request in the text; undefined if it is incomplete or not a request. */
export function meaningOfRequest(text: string): Meaning | undefined {
  const skipped = text.startsWith("\r\n") ? 2 : 0;
  const head = headOf(text.slice(skipped));
  const [, method, target, minor] = REQUEST_LINE.exec(head?.first ?? "") ?? [];
  if (head === undefined || method === undefined) return undefined;
  const hosts = head.lines.filter(([name]) => name === "host").length;
  if (hosts > 1 || hosts === 0 && minor === "1") return undefined;
  const framed = bodyOf(text.slice(skipped + head.length), head.lines, minor === "0", false);
  if (framed === undefined) return undefined;
  return meaning(`${method} ${target}`, head, framed, skipped);
}

/**
 * The first final response in the text, without interim ones.
 *
 * @param padded whether blanks may follow the size of a chunk, as a proxy lets a backend send them
 */
export function meaningOfResponse(text: string, padded = false): Meaning | undefined {
  const head = headOf(text);
  const [, minor, status = ""] = STATUS_LINE.exec(head?.first ?? "") ?? [];
  if (head === undefined || minor === undefined || status === "101") return undefined;
  if (status.startsWith("1")) {
    if (invalid(head.lines, minor === "0")) return undefined;
    const final = meaningOfResponse(text.slice(head.length), padded);
    return final && { ...final, length: final.length + head.length };
  }
  const none = status === "204" || status === "304";
  const framed = none && !invalid(head.lines, minor === "0")
    ? { body: "", length: 0, toEnd: false }
    : none
    ? undefined
    : bodyOf(text.slice(head.length), head.lines, minor === "0", true, padded);
  return framed && meaning(status, head, framed, 0);
}

interface HeadText {
  readonly first: string;
  readonly lines: readonly (readonly [name: string, value: string])[];
  readonly length: number;
}

interface Framed {
  readonly body: string;
  readonly length: number;
  readonly toEnd: boolean;
}

function meaning(start: string, head: HeadText, framed: Framed, skipped: number): Meaning {
  const hop =
    /^(connection|keep-alive|proxy-|te$|transfer-encoding|upgrade|http2-settings|trailer)/;
  const nominated = head.lines.filter(([name]) => name === "connection")
    .flatMap(([, value]) =>
      value.toLowerCase().split(",").map((token) => token.replace(/^[ \t]+|[ \t]+$/g, ""))
    );
  const kept = head.lines.filter(([name]) =>
    !hop.test(name) &&
    !/^(host|via|date|content-length|x-request-id|x-forwarded-.*|expect)$/.test(name) &&
    !nominated.includes(name)
  );
  const fields = kept.map(([name, value]) => `${name}: ${value}`).sort();
  const { body, toEnd, length } = framed;
  return { start, fields, body, toEnd, length: skipped + head.length + length };
}

function headOf(text: string): HeadText | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const [first = "", ...rest] = text.slice(0, end).split("\r\n");
  const matches = rest.map((line) => LINE.exec(line));
  if (matches.includes(null) || rest.length > 100) return undefined;
  const lines = matches.map((match) => [match![1]!.toLowerCase(), match![2]!] as const);
  return { first, lines, length: end + 4 };
}

function invalid(lines: HeadText["lines"], old: boolean): boolean {
  const lengths = lines.filter(([name]) => name === "content-length").map(([, value]) => value);
  const codings = lines.filter(([name]) => name === "transfer-encoding").map(([, value]) => value);
  if (lengths.some((length) => !/^\d{1,15}$/.test(length))) return true;
  if (new Set(lengths.map(Number)).size > 1) return true;
  if (lines.filter(([name]) => name === "upgrade").length > 1) return true;
  if (codings.length === 0) return false;
  return codings.length > 1 || codings[0]!.toLowerCase() !== "chunked" || lengths.length > 0 || old;
}

function bodyOf(
  text: string,
  lines: HeadText["lines"],
  old: boolean,
  toEnd: boolean,
  padded = false,
): Framed | undefined {
  if (invalid(lines, old)) return undefined;
  if (lines.some(([name]) => name === "transfer-encoding")) return chunks(text, padded);
  const [, length] = lines.find(([name]) => name === "content-length") ?? [];
  if (length === undefined && toEnd) return { body: text, length: text.length, toEnd };
  const body = text.slice(0, Number(length ?? 0));
  return body.length < Number(length ?? 0)
    ? undefined
    : { body, length: body.length, toEnd: false };
}

const SIZE_LINE = /^([0-9A-Fa-f]{1,8})(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n/;
const PADDED_SIZE_LINE = /^([0-9A-Fa-f]{1,8})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n/;

function chunks(text: string, padded: boolean): Framed | undefined {
  let body = "";
  for (let at = 0;;) {
    const [line, digits] = (padded ? PADDED_SIZE_LINE : SIZE_LINE).exec(text.slice(at)) ?? [];
    if (line === undefined) return undefined;
    at += line.length;
    const size = parseInt(digits!, 16);
    if (size === 0) {
      const trailers = new RegExp(`^(?:${TOKEN}:[\\t\\x20-\\x7e\\x80-\\xff]*\\r\\n)*\\r\\n`).exec(
        text.slice(at),
      );
      return trailers === null
        ? undefined
        : { body, length: at + trailers[0].length, toEnd: false };
    }
    if (text.slice(at + size, at + size + 2) !== "\r\n") return undefined;
    body += text.slice(at, at + size);
    at += size + 2;
  }
}
