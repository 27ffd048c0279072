/** Listeners that redirect every request to https. */
import { type LocalReply, redirectReply } from "../../http/local_reply.ts";
import { isSecure, type IsTrusted } from "../../http/trusted_proxies.ts";
import type { RequestFacts } from "../../request_facts.ts";
import { locationOf } from "../../routing/location.ts";
import { tokenIn } from "./acme_challenge.ts";

/** It changes no method (RFC 9110, 15.4.9). */
const STATUS = 308;

/**
 * What a listener answers that redirects to https.
 *
 * @param port of https; undefined if the listener does not redirect
 * @returns undefined if the request goes on: it reached a trusted proxy over TLS, or asks for ACME's token
 */
export function redirectToHttps(
  request: RequestFacts,
  port: number | undefined,
  isTrusted: IsTrusted,
): LocalReply | "no host" | undefined {
  if (port === undefined || tokenIn(request.path) !== undefined) return undefined;
  if (isSecure(request, isTrusted)) return undefined;
  const { host } = request;
  if (host === "") return "no host"; // HTTP/1.0 need not name it
  const path = request.path.startsWith("/") ? request.path : "/"; // OPTIONS * is about no path
  const target = {
    scheme: "https",
    port,
    host: undefined,
    path: undefined,
    status: STATUS,
  } as const;
  return redirectReply(STATUS, locationOf(target, { scheme: "http", host, path }));
}
