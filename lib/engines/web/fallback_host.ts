import type { Scheme } from "../../http/peer.ts";
import { formatHost } from "../../net/host_port.ts";

/**
 * The host and port that Deno.serve puts into `request.url` if the client named none. Without it, a
 * request that lacks Host would look like one that names this host.
 *
 * @param address that the server listens on
 */
export function fallbackHost({ hostname, port }: Deno.NetAddr, scheme: Scheme = "http"): string {
  const isLocal = /^(?:0\.0\.0\.0|127\.|::1?$|unix:)/.test(hostname);
  const host = isLocal ? "localhost" : formatHost(hostname);
  const isDefault = port === (scheme === "https" ? 443 : 80);
  return isDefault || port === 0 ? host : `${host}:${port}`;
}
