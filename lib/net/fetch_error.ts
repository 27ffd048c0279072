/**
 * What a rejected fetch means. Deno gives no error code, only the text of `error.cause`, which has
 * changed before. An unknown text counts as "may have been sent".
 *
 * The text contains the request's URL, which the client chose. A URL contains no space, so no path can
 * forge ` client error (…)`, and only what follows it is matched.
 */
import { classifyConnectError } from "./connect_error.ts";
import { hasDescriptorLeft } from "./descriptors.ts";
import { type Failed, type FailureKind, overLimit } from "../outcome.ts";

const STAGE = / client error \((\w+)\)(.*)$/s;

/** After the stage Connect: the backend answered, but not in HTTP. */
const NOT_HTTP = /invalid|unexpected message|parsed/i;

/** The same, but its head has more lines or bytes than fetch takes (tests/engines/head_limits_test.ts). */
const HEAD_TOO_LARGE = /message head is too large/i;
const HEAD_LIMIT = "the 100 lines, or about 400 KiB, that fetch takes of a head";

/** Turns the reason of a rejected fetch into an outcome. */
export function failedFetch(error: unknown): Failed {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = cause instanceof Error ? cause.message : String(cause);
  const [, stage, rest = ""] = STAGE.exec(text) ?? [];
  const detail = stage === undefined ? text : `${stage}${rest}`;
  if (stage !== undefined && stage !== "Connect" && HEAD_TOO_LARGE.test(rest)) {
    return overLimit("http_response_header_section_size", HEAD_LIMIT, detail);
  }
  return { kind: "failed", failure: classify(stage, rest), detail };
}

/** Only in the stage Connect is it certain that no byte of the request was sent. */
function classify(stage: string | undefined, rest: string): FailureKind {
  if (stage === "Connect") return classifyConnectError(rest, hasDescriptorLeft);
  if (stage !== undefined && NOT_HTTP.test(rest)) return "http_protocol_error";
  return "connection_terminated";
}
