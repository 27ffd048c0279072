/**
 * What a rejected fetch means. Deno gives no error codes, only the text of `error.cause`, and that
 * text has changed before: all matching stands in this file, and what it does not know counts as
 * "may have been sent".
 *
 * The text holds the request's URL, which the client chose. A URL holds no space, so the phrases
 * looked for all begin with one or stand behind ` client error (…)`: no path can forge them.
 */
import { classifyConnectError } from "./connect_error.ts";
import { hasDescriptorLeft } from "./descriptors.ts";
import type { Failed, FailureKind } from "../outcome.ts";

const STAGE = / client error \((\w+)\)(.*)$/s;

/** In any later stage: the backend spoke, but not HTTP. */
const NOT_HTTP = /invalid|message head is too large|unexpected message|parsed/i;

/** Turns the reason of a rejected fetch into an outcome. */
export function failedFetch(error: unknown): Failed {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = cause instanceof Error ? cause.message : String(cause);
  const [, stage, rest = ""] = STAGE.exec(text) ?? [];
  const detail = stage === undefined ? text : `${stage}${rest}`;
  return { kind: "failed", failure: classify(stage, rest), detail };
}

/** Only in the stage Connect is it certain that no byte of the request has left. */
function classify(stage: string | undefined, rest: string): FailureKind {
  if (stage === "Connect") return classifyConnectError(rest, hasDescriptorLeft);
  if (stage !== undefined && NOT_HTTP.test(rest)) return "http_protocol_error";
  return "connection_terminated";
}
