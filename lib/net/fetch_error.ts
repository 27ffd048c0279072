/**
 * What a rejected fetch means. Deno gives no error code, only the text of `error.cause`, which has
 * changed before. An unknown text counts as "may have been sent".
 *
 * The text contains the request's URL, which the client chose. A URL contains no space, so no path can
 * forge ` client error (…)`, and only what follows it is matched.
 */
import { failedConnect } from "./connect_error.ts";
import { hasDescriptorLeft } from "./descriptors.ts";
import { type Failed, failed, overLimit } from "../outcome.ts";
import { plainText } from "./plain_message.ts";

const STAGE = / client error \((\w+)\)(?:: )?(.*)$/s;

/** After the stage Connect: the backend answered, but not in HTTP. */
const NOT_HTTP = /invalid|unexpected message|parsed/i;

/** The same, but its head has more lines or bytes than fetch takes (tests/engines/head_limits_test.ts). */
const HEAD_TOO_LARGE = /message head is too large/i;
const HEAD_LIMIT = "the 100 lines, or about 400 KiB, that fetch takes of a head";

/** Turns the reason of a rejected fetch into an outcome. @param isSocket whether it was to a unix socket */
export function failedFetch(error: unknown, isSocket = false): Failed {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = cause instanceof Error ? cause.message : String(cause);
  const [, stage, rest = ""] = STAGE.exec(text) ?? [];
  // Only in the stage Connect is it certain that no byte of the request was sent.
  if (stage === "Connect") return failedConnect(rest, hasDescriptorLeft, isSocket);
  const detail = plainText(rest || stage || text);
  if (stage !== undefined && HEAD_TOO_LARGE.test(rest)) {
    return overLimit("http_response_header_section_size", HEAD_LIMIT, detail);
  }
  const isNoHttp = stage !== undefined && NOT_HTTP.test(rest);
  return failed(isNoHttp ? "http_protocol_error" : "connection_terminated", detail);
}
