/** One line of recorded requests: a time in seconds, or an access log entry in JSON. */
import { OVERLOADED } from "../../http/local_reply.ts";
import type { RecordedRequest } from "./recorded_columns.ts";

/** Plain decimals, with no more digits than a double holds to the microsecond. */
const SECONDS = /^-?\d{1,11}(?:\.\d{1,9})?$/;

/**
 * RFC 3339, as the access log writes it. Without an offset it would depend on the local time zone.
 */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * @param line without surrounding white space
 * @returns the request; `refused` if the balancer refused it, so that it was no load for a backend;
 * undefined if the line cannot be read
 */
export function readRecordedLine(line: string): RecordedRequest | "refused" | undefined {
  if (SECONDS.test(line)) return { time: Number(line) * 1000 };
  const fields = parseObject(line);
  if (fields === undefined) return undefined;
  const text = readField(fields, "time") ?? "";
  const time = TIME.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) return undefined;
  // A request over MAX_IN_FLIGHT was load, and other settings may admit it.
  if ((readField(fields, "refused") ?? OVERLOADED) !== OVERLOADED) return "refused";
  return {
    time,
    method: readField(fields, "method"),
    path: readField(fields, "path"),
    client: readField(fields, "client"),
  };
}

function parseObject(line: string): ReadonlyMap<string, unknown> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined; // the caller shows the line, which says more than the position in it
  }
  if (typeof value !== "object" || value === null) return undefined;
  return new Map(Object.entries(value));
}

/** A string of a log entry; the access log writes `-` for a missing one. */
function readField(fields: ReadonlyMap<string, unknown>, name: string): string | undefined {
  const value = fields.get(name);
  return typeof value === "string" && value !== "-" && value !== "" ? value : undefined;
}
