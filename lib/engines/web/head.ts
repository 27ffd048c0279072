/** The parts of a request's head that decide whether and how it is forwarded, found in one pass. */
import type { Field } from "../../http/headers.ts";
import { rawFields } from "./raw_fields.ts";

export interface Head {
  readonly method: string;
  /** As Deno.serve puts it together: scheme, host and target. */
  readonly url: string;
  readonly fields: readonly Field[];
  /** Bytes of the field lines, about as they stand on the wire. */
  readonly fieldsSize: number;
  /** Values of these fields, their lines joined by `, `; undefined where there is no line. */
  readonly host: string | undefined;
  readonly transferEncoding: string | undefined;
  readonly contentLength: string | undefined;
  readonly maxForwards: string | undefined;
}

/** Bytes of a field line beside its name and value: `: ` and CR LF. */
const LINE_EXTRA = 4;

/** Reads it; nothing is checked yet. */
export function headOf({ method, url, headers }: Request): Head {
  const fields = rawFields(headers);
  let host, transferEncoding, contentLength, maxForwards: string | undefined;
  let fieldsSize = 0;
  for (const [name, value] of fields) {
    fieldsSize += name.length + value.length + LINE_EXTRA;
    // The length tells most names apart before a letter is looked at: this runs for every request.
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === "host") host = joined(host, value);
        break;
      case 12:
        if (name.toLowerCase() === "max-forwards") maxForwards = joined(maxForwards, value);
        break;
      case 14:
        if (name.toLowerCase() === "content-length") contentLength = joined(contentLength, value);
        break;
      case 17:
        if (name.toLowerCase() === "transfer-encoding") {
          transferEncoding = joined(transferEncoding, value);
        }
        break;
    }
  }
  return { method, url, fields, fieldsSize, host, transferEncoding, contentLength, maxForwards };
}

/** Bytes that Content-Length announces: undefined where a transfer coding stands instead of it. */
export function announcedLength({ transferEncoding, contentLength }: Head): number | undefined {
  if (transferEncoding !== undefined) return undefined;
  // Deno.serve has checked it: digits, and several lines only where they are equal.
  return Number.parseInt(contentLength ?? "0", 10);
}

function joined(value: string | undefined, line: string): string {
  return value === undefined ? line : `${value}, ${line}`;
}
