/**
 * What is known of a client that came through other proxies. A peer says where a request came from and
 * anybody can say anything: only what trusted ones say (`TRUSTED_PROXIES`) is believed.
 */
import { plainAddress } from "./client_address.ts";
import type { RequestFacts } from "../request_facts.ts";

/** Whether an address is that of a proxy whose X-Forwarded-* are believed. */
export type IsTrusted = (address: string) => boolean;

/**
 * The address of the client: the peer's, or the last one in X-Forwarded-For that is no trusted proxy's.
 * Those before it may be the client's invention.
 */
export function clientAddressOf(request: RequestFacts, isTrusted: IsTrusted): string {
  const { clientAddress } = request;
  if (!isTrusted(clientAddress)) return clientAddress;
  // From the end: what stands before the client's own address is the client's to write, and may be long.
  const field = request.header("x-forwarded-for") ?? "";
  let farthest = clientAddress;
  for (let end = field.length; end >= 0;) {
    const comma = end === 0 ? -1 : field.lastIndexOf(",", end - 1);
    const hop = withoutPort(field.slice(comma + 1, end));
    if (hop !== "" && !isTrusted(hop)) return hop;
    if (hop !== "") farthest = hop;
    end = comma;
  }
  return farthest;
}

/** Whether the client speaks TLS to the first proxy it meets. */
export function isSecure(request: RequestFacts, isTrusted: IsTrusted): boolean {
  if (!isTrusted(request.clientAddress)) return false;
  const [first] = request.header("x-forwarded-proto")?.split(",") ?? [];
  return first?.trim().toLowerCase() === "https";
}

/** Some proxies add the client's port, which is another one for each connection. */
function withoutPort(hop: string): string {
  const [, address] = /^\s*(?:\[([^\]]*)\](?::\d*)?|(\d+\.\d+\.\d+\.\d+):\d*)\s*$/.exec(hop)
    ?.filter((group) => group !== undefined) ?? [];
  return plainAddress(address ?? hop.trim());
}
