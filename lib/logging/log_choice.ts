/** Which requests get a line in the access log, and what it shows of queries. */
import type { AccessEntry } from "./access_log.ts";

export interface LogChoice {
  /** `names` shows the names of parameters without their values, `off` nothing behind the path. */
  readonly query: "all" | "names" | "off";
  /** The share of good requests that get a line, 0 to 1; more than 1: all. */
  readonly sample: number;
  /** From when on a request is slow and always gets a line, in milliseconds. */
  readonly slow: number;
}

/** Stands for the value of a parameter. */
const HIDDEN = "*";

/** Whether a request gets a line. One that failed, was refused or is slow always does. */
export function isLogged(
  entry: AccessEntry,
  { sample, slow }: LogChoice,
  random: () => number,
): boolean {
  if (sample >= 1 || !isGood(entry) || entry.milliseconds >= slow) return true;
  return random() < sample;
}

function isGood({ status, attempts, refused, broken, verdict }: AccessEntry): boolean {
  return status >= 200 && status < 400 && attempts.length <= 1 && refused === undefined &&
    broken === undefined && verdict === undefined;
}

/** The entry with as much of its query, and of that of the page it came from, as the log may show. */
export function withoutQuery(entry: AccessEntry, { query }: LogChoice): AccessEntry {
  if (query === "all") return entry;
  const { path, fields } = entry;
  const referer = fields?.["referer"];
  return {
    ...entry,
    path: reduce(path, query),
    ...(referer !== undefined && { fields: { ...fields, referer: reduce(referer, query) } }),
  };
}

/** A URL, or a path, with as much of its query as may be shown. */
function reduce(url: string, query: "names" | "off"): string {
  const question = url.indexOf("?");
  if (question === -1) return url;
  const path = url.slice(0, question);
  if (query === "off") return path;
  const names = url.slice(question + 1).split("&").map((parameter) => {
    const equals = parameter.indexOf("=");
    return equals === -1 ? parameter : `${parameter.slice(0, equals + 1)}${HIDDEN}`;
  });
  return `${path}?${names.join("&")}`;
}
