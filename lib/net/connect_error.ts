/**
 * What an error means that kept a connection to a backend from being made: one table for Deno.connect,
 * Deno.startTls and fetch. Deno gives some of these errors a class, some a code, some only a text.
 */
import type { FailureKind } from "../outcome.ts";
import { NOTHING_TO_CONNECT_WITH } from "./lack.ts";

/**
 * Tried in this order. A certificate's error may hold any host name, so no pattern for another failure
 * may match within one: each is a phrase with a space, a class, or a code.
 */
const CAUSES: readonly (readonly [pattern: RegExp, failure: FailureKind])[] = [
  [NOTHING_TO_CONNECT_WITH, "connection_limit_reached"],
  [/dns error|lookup address|name resolution/i, "dns_error"],
  [/\bConnectionRefused\b|connection refused/i, "connection_refused"],
  [/\bTimedOut\b|timed out/i, "connection_timeout"],
  [/is unreachable|unreachable (?:host|network)|no route to/i, "destination_ip_unroutable"],
  [/certificate|UnknownIssuer/i, "tls_certificate_error"],
  [/tls|handshake|corrupt message|InvalidContentType|InvalidData/i, "tls_protocol_error"],
];

/**
 * The failure that a connect error stands for.
 *
 * @param text all that is known of the error: its class, its code, its message
 * @param hasDescriptorLeft asked after a DNS error, for without a descriptor for its socket the
 * resolver says that it knows no such name
 * @returns `destination_unavailable` for an error that is not in the table
 */
export function classifyConnectError(text: string, hasDescriptorLeft: () => boolean): FailureKind {
  const failure = CAUSES.find(([pattern]) => pattern.test(text))?.[1] ?? "destination_unavailable";
  return failure === "dns_error" && !hasDescriptorLeft() ? "connection_limit_reached" : failure;
}

/** All that is known of an error, for {@linkcode classifyConnectError}. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? error.code : "";
  return `${error.name} ${code} ${error.message}`;
}
