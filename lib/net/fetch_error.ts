/**
 * What a rejected fetch means. Deno gives no error codes, only the text of `error.cause`, and that
 * text has changed before: all matching stands in this file, and what it does not know counts as
 * "may have been sent".
 *
 * The text holds the request's URL, which the client chose. A URL holds no space, so the phrases
 * looked for all begin with one or stand behind ` client error (…)`: no path can forge them.
 */
import { hasDescriptorLeft } from "./descriptors.ts";
import type { Failed, FailureKind } from "../outcome.ts";

const STAGE = / client error \((\w+)\)(.*)$/s;

/** Within the stage Connect, where no byte of the request has left. */
const CONNECT_CAUSES: readonly (readonly [pattern: RegExp, failure: FailureKind])[] = [
  [/os error 2[34]\)/, "connection_limit_reached"], // ENFILE, EMFILE
  [/dns error/, "dns_error"],
  [/connection refused/i, "connection_refused"],
  [/timed out/i, "connection_timeout"],
  [/unreachable|no route/i, "destination_ip_unroutable"],
  [/certificate/i, "tls_certificate_error"],
  [/tls|handshake|corrupt message|InvalidContentType/i, "tls_protocol_error"],
];

/** In any later stage: the backend spoke, but not HTTP. */
const NOT_HTTP = /invalid|message head is too large|unexpected message|parsed/i;

/** Turns the reason of a rejected fetch into an outcome. */
export function failedFetch(error: unknown): Failed {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = cause instanceof Error ? cause.message : String(cause);
  const [, stage, rest = ""] = STAGE.exec(text) ?? [];
  const detail = stage === undefined ? text : `${stage}${rest}`;
  return { kind: "failed", failure: failureOf(stage, rest), detail };
}

function failureOf(stage: string | undefined, rest: string): FailureKind {
  if (stage === "Connect") {
    const known = CONNECT_CAUSES.find(([pattern]) => pattern.test(rest))?.[1];
    // Without a descriptor for its socket the resolver says that it knows no such name.
    if (known === "dns_error" && !hasDescriptorLeft()) return "connection_limit_reached";
    return known ?? "destination_unavailable";
  }
  if (stage !== undefined && NOT_HTTP.test(rest)) return "http_protocol_error";
  return "connection_terminated";
}
