/**
 * Where a request may come from. Nothing of this depends on a token: a browser sends what its page says,
 * and a proxy what its clients say.
 */
import { STATUS_CODE } from "@std/http/status";
import type { LocalReply } from "../http/local_reply.ts";
import { errorReply } from "./replies.ts";
import type { AdminRequest } from "./request.ts";

export type Scheme = "http" | "https";

const DEFAULT_PORTS: Readonly<Record<Scheme, string>> = { http: "80", https: "443" };

/** Names of this machine that only a client on it can mean. */
const LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Refuses what came through a proxy, through a web page of another origin, or, on loopback, for another host.
 *
 * On loopback, Host must name loopback: a web page can make its own name point to 127.0.0.1 (DNS
 * rebinding), and a browser on this machine then takes it for the same origin. Beyond loopback, Host is
 * whatever address the orchestrator's probes were given, and others reach this port anyway.
 *
 * @param ownHost admin.host, if it is on loopback, or localhost for a unix socket; undefined if it is beyond
 * @param isHealth whether it only asks how the balancer is: old probes do that without a Host
 * @param scheme what this port speaks
 * @returns undefined if it is not refused
 */
export function refuseSender(
  { hosts, origin, proxyField }: AdminRequest,
  ownHost: string | undefined,
  isHealth: boolean,
  scheme: Scheme,
): LocalReply | undefined {
  if (proxyField !== undefined) {
    return refuse(`it came through a proxy, as it has ${proxyField}: ask this port directly`);
  }
  if (ownHost !== undefined) {
    const isNamed = isHealth || hosts.length > 0;
    if (!isNamed || !hosts.every((host) => isNameOf(ownHost, host))) {
      return refuse("Host must be localhost, 127.0.0.1, [::1] or admin.host");
    }
  }
  if (origin !== undefined && !isOriginOf(origin, scheme, hosts[0])) {
    return refuse("it comes from a web page of another origin");
  }
  return undefined;
}

function isNameOf(ownHost: string, host: string): boolean {
  const name = host.toLowerCase().replace(/:\d*$/, "");
  return LOCAL_NAMES.includes(name) || name === ownHost.toLowerCase() || name === `[${ownHost}]`;
}

/** Whether an origin (RFC 6454, 6.2) has the host and port that the request is for; `null` has none. */
function isOriginOf(origin: string, scheme: Scheme, host: string | undefined): boolean {
  const [, ofOrigin, authority] = /^(https?):\/\/(.+)$/i.exec(origin) ?? [];
  if (authority === undefined || host === undefined) return false;
  return ofOrigin!.toLowerCase() === scheme && plain(authority, scheme) === plain(host, scheme);
}

/** Without the scheme's default port. */
function plain(authority: string, scheme: Scheme): string {
  const [, bare, port] = /^(.*?)(?::(\d*))?$/.exec(authority.toLowerCase())!;
  return port === undefined || port === "" || port === DEFAULT_PORTS[scheme]
    ? bare!
    : `${bare}:${port}`;
}

function refuse(reason: string): LocalReply {
  return errorReply(STATUS_CODE.Forbidden, `this request is refused: ${reason}`);
}
