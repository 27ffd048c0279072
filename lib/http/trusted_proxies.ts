/**
 * What is known of a client behind other proxies. Any peer can claim anything in X-Forwarded-*: only
 * the claims of trusted proxies (`trustedProxies`) count.
 */
import { plainAddress } from "./client_address.ts";
import { remembered } from "./remembered.ts";
import type { RequestFacts } from "../request_facts.ts";

/** What of a request says where it came from. */
export type ForwardedFacts = Pick<RequestFacts, "clientAddress" | "header">;

/** Whether an address is that of a trusted proxy. */
export type IsTrusted = (address: string) => boolean;

/** Longer texts are no addresses. */
const MAX_ADDRESS_CHARACTERS = 45;

/** The same, with its latest answers kept: looking an address up in the ranges takes a microsecond or two. */
export function remembering(isTrusted: IsTrusted): IsTrusted {
  return remembered(isTrusted, MAX_ADDRESS_CHARACTERS);
}

/**
 * The address of the client: the peer's, or if the peer is a trusted proxy, the last one in
 * X-Forwarded-For that is not a trusted proxy's. The client may have made up those before it.
 */
export function clientAddressOf(request: ForwardedFacts, isTrusted: IsTrusted): string {
  const { clientAddress } = request;
  if (!isTrusted(clientAddress)) return clientAddress;
  // From the end: the part before the client's own address comes from the client, and may be long.
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

/** Whether the client uses TLS: to the first proxy, if a trusted one says so, or else to this balancer. */
export function isSecure(request: RequestFacts, isTrusted: IsTrusted): boolean {
  const claimed = isTrusted(request.clientAddress)
    ? request.header("x-forwarded-proto")
    : undefined;
  if (claimed === undefined) return request.scheme === "https";
  return claimed.split(",", 1)[0]!.trim().toLowerCase() === "https";
}

/** The address of a hop: some proxies add the client's port, which differs for each connection. */
function withoutPort(hop: string): string {
  const [, address] = /^\s*(?:\[([^\]]*)\](?::\d*)?|(\d+\.\d+\.\d+\.\d+):\d*)\s*$/.exec(hop)
    ?.filter((group) => group !== undefined) ?? [];
  return plainAddress(address ?? hop.trim());
}
