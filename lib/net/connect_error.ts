/**
 * What an error means that kept a connection to a backend from being made: one table for Deno.connect,
 * Deno.startTls and fetch. Deno gives some of these errors a class, some a code, some only a text.
 */
import { type Failed, failed, type FailureKind } from "../outcome.ts";
import { NO_DESCRIPTOR, NOTHING_TO_CONNECT_WITH } from "./lack.ts";
import { plainMessage } from "./plain_message.ts";

const NO_DESCRIPTOR_LEFT = "no file descriptor is left";

/**
 * Tried in this order. A certificate's error may hold any host name, so no pattern for another failure
 * may match within one: each is a phrase with a space, a class, or a code. Where the error's own words
 * differ by engine or system, the third column has those for the log.
 */
const CAUSES: readonly (readonly [pattern: RegExp, failure: FailureKind, detail?: string])[] = [
  [NO_DESCRIPTOR, "connection_limit_reached", NO_DESCRIPTOR_LEFT],
  [NOTHING_TO_CONNECT_WITH, "connection_limit_reached"],
  [/dns error|lookup address|name resolution/i, "dns_error"],
  [/\bConnectionRefused\b|connection refused/i, "connection_refused", "connection refused"],
  [/\bTimedOut\b|timed out/i, "connection_timeout", "connection timed out"],
  [
    /is unreachable|\bNetworkUnreachable\b|unreachable (?:host|network)|no route to/i,
    "destination_ip_unroutable",
  ],
  [/certificate|UnknownIssuer/i, "tls_certificate_error"],
  [/tls|handshake|corrupt message|InvalidContentType|InvalidData/i, "tls_protocol_error"],
];

/**
 * The same for unix sockets, before those (unix(7)): nobody accepts connections where the file is missing, left
 * over, or has a full queue.
 */
const SOCKET_CAUSES: typeof CAUSES = [
  [/\bENOENT\b|no such file/i, "connection_refused", "there is no such socket"],
  [/\bEAGAIN\b|\(os error 11\)/, "connection_refused", "its queue of connections is full"],
  [/\bEACCES\b|\(os error 13\)/, "destination_unavailable", "the socket's mode forbids it"],
  [/\bNotCapable\b/, "destination_unavailable", "Deno may not open the socket (--allow-write)"],
];

/**
 * The failure that a connect error stands for; `destination_unavailable` if it is not in the table.
 *
 * @param error what was thrown, or fetch's text
 * @param hasDescriptorLeft asked after a DNS error, for without a descriptor for its socket the
 * resolver says that it knows no such name
 * @param isSocket whether the backend has a unix socket
 */
export function failedConnect(
  error: unknown,
  hasDescriptorLeft: () => boolean,
  isSocket = false,
): Failed {
  const text = describeError(error);
  const [, failure = "destination_unavailable", detail] =
    (isSocket ? [...SOCKET_CAUSES, ...CAUSES] : CAUSES).find(([pattern]) => pattern.test(text)) ??
      [];
  if (failure === "dns_error" && !hasDescriptorLeft()) {
    return failed("connection_limit_reached", NO_DESCRIPTOR_LEFT);
  }
  return failed(failure, detail ?? plainMessage(error));
}

/** All that is known of an error: its class, its code, its message. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? error.code : "";
  return `${error.name} ${code} ${error.message}`;
}
