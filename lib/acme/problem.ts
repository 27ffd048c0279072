/** What an authority says of an error (RFC 8555, 6.7; RFC 9457). */
import { z } from "zod";
import { AcmeFailure } from "./failure.ts";

const PREFIX = "urn:ietf:params:acme:error:";

/** The most that is repeated of what an authority says, in characters. */
const MAX_TEXT = 400;

/** More of them are counted only. */
const MAX_SUBPROBLEMS = 5;

const identifier = z.object({ type: z.string(), value: z.string() });

/** A problem with one of the names, or a part of a problem. */
const subproblem = z.object({
  type: z.string().optional(),
  detail: z.string().optional(),
  identifier: identifier.optional(),
});

export const problem = subproblem.extend({
  /** A page that says more, or what the user has to do. */
  instance: z.string().optional(),
  subproblems: z.array(subproblem).optional(),
});

export type Problem = z.infer<typeof problem>;

/** Reads the body of an error; undefined if it is none, as from a proxy in between. */
export function readProblem(text: string): Problem | undefined {
  const read = z.string().transform(parseJson).pipe(problem).safeParse(text);
  return read.success && (read.data.type ?? read.data.detail) !== undefined ? read.data : undefined;
}

/** Whether it is of this type, such as `badNonce`. */
export function isProblem({ type }: Problem, name: string): boolean {
  return type === PREFIX + name;
}

/** All of it in one line: `CAA record forbids issuance (caa): a.test: … (caa)`. */
export function describeProblem(problem: Problem): string {
  const { subproblems = [], instance } = problem;
  const parts = subproblems.slice(0, MAX_SUBPROBLEMS).map((part) =>
    part.identifier === undefined
      ? describeOne(part)
      : `${plain(part.identifier.value)}: ${describeOne(part)}`
  );
  const rest = subproblems.length - parts.length;
  if (rest > 0) parts.push(`and ${rest} more`);
  const what = [describeOne(problem), ...parts].join("; ");
  return instance === undefined ? what : `${what}; see ${plain(instance)}`;
}

function describeOne({ type, detail }: z.infer<typeof subproblem>): string {
  const name = type === undefined || type === "about:blank"
    ? undefined
    : plain(type.startsWith(PREFIX) ? type.slice(PREFIX.length) : type);
  if (detail === undefined) return name ?? "no reason given";
  return name === undefined ? plain(detail) : `${plain(detail)} (${name})`;
}

/** It goes into a log: one line, and not without end. */
function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  const line = text.replace(/[\x00-\x20\x7f-\x9f\u2028\u2029]+/g, " ").trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
}

/**
 * What an error means for the order.
 *
 * @param what was to be done: `make an order`
 * @param retryAfterMs what the response's Retry-After says
 */
export function failureOf(
  what: string,
  { status, text }: { readonly status: number; readonly text: string },
  retryAfterMs: number | undefined,
): AcmeFailure {
  const said = readProblem(text);
  const why = said === undefined
    ? `it answered with status ${status}`
    : `it says: ${describeProblem(said)}`;
  const message = `the authority did not ${what}: ${why}`;
  const isLimited = status === 429 || (said !== undefined && isProblem(said, "rateLimited"));
  if (isLimited) return new AcmeFailure("limited", message, retryAfterMs);
  if (said !== undefined && isProblem(said, "accountDoesNotExist")) {
    return new AcmeFailure("account unknown", message);
  }
  const isOutage = status >= 500 || said === undefined && status !== 404;
  return new AcmeFailure(isOutage ? "outage" : "refused", message, retryAfterMs);
}

/** @returns undefined if it is no JSON, which no schema takes */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
