/** The parts of a request's head that decide whether and how it is forwarded, found in one pass. */
import type { Field } from "../../http/headers.ts";
import { rawFields } from "./raw_fields.ts";

export interface Head {
  readonly method: string;
  /** Scheme, host and target, joined by Deno.serve without a check. */
  readonly url: string;
  readonly fields: readonly Field[];
  /** Bytes of the field lines, as HTTP/1.1 writes them without extra blanks. */
  readonly fieldsSize: number;
  /** Values of these fields, their lines joined by `, `; undefined if there is no line. */
  readonly host: string | undefined;
  readonly transferEncoding: string | undefined;
  readonly contentLength: string | undefined;
  readonly maxForwards: string | undefined;
  readonly via: string | undefined;
  readonly upgrade: string | undefined;
}

/** Bytes of a field line beside its name and value: `: ` and CR LF. */
const LINE_EXTRA_BYTES = 4;

/** Reads a head; nothing is checked yet. */
export function readHead({ method, url: full, headers }: Request, isUnix = false): Head {
  const url = isUnix ? full.replace(/^http\+unix:/, "http:") : full;
  const fields = rawFields(headers);
  let host, transferEncoding, contentLength, maxForwards, via, upgrade: string | undefined;
  let fieldsSize = 0;
  for (const [name, value] of fields) {
    fieldsSize += name.length + value.length + LINE_EXTRA_BYTES;
    // The length rules out most names before a letter is compared: this runs for every request.
    switch (name.length) {
      case 3:
        if (name.toLowerCase() === "via") via = join(via, value);
        break;
      case 4:
        if (name.toLowerCase() === "host") host = join(host, value);
        break;
      case 7:
        if (name.toLowerCase() === "upgrade") upgrade = join(upgrade, value);
        break;
      case 12:
        if (name.toLowerCase() === "max-forwards") maxForwards = join(maxForwards, value);
        break;
      case 14:
        if (name.toLowerCase() === "content-length") contentLength = join(contentLength, value);
        break;
      case 17:
        if (name.toLowerCase() === "transfer-encoding") {
          transferEncoding = join(transferEncoding, value);
        }
        break;
    }
  }
  return {
    method,
    url,
    fields,
    fieldsSize,
    host,
    transferEncoding,
    contentLength,
    maxForwards,
    via,
    upgrade,
  };
}

/** Bytes that Content-Length announces; undefined if there is a transfer coding instead. */
export function announcedLength({ transferEncoding, contentLength }: Head): number | undefined {
  if (transferEncoding !== undefined) return undefined;
  // Deno.serve has checked it: digits, and several lines only if they are equal.
  return Number.parseInt(contentLength ?? "0", 10);
}

/**
 * The value of a field, its lines joined; undefined if there is none. Unlike `request.headers` it can be
 * read after the response.
 */
export function readField(fields: readonly Field[], name: string): string | undefined {
  const wanted = name.toLowerCase();
  const separator = wanted === "cookie" ? "; " : ", "; // RFC 9113, 8.2.3
  let found: string | undefined;
  for (const [name, value] of fields) {
    if (name.length !== wanted.length || name.toLowerCase() !== wanted) continue;
    found = found === undefined ? value : `${found}${separator}${value}`;
  }
  return found;
}

function join(value: string | undefined, line: string): string {
  return value === undefined ? line : `${value}, ${line}`;
}
