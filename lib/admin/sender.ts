/**
 * Where a request may come from. Nothing of this depends on a token: a browser sends what its page says,
 * and a proxy what its clients say.
 */
import { STATUS_CODE } from "@std/http/status";
import type { LocalReply } from "../http/local_reply.ts";
import { errorReply } from "./replies.ts";
import type { AdminRequest } from "./request.ts";

/** Names of this machine that only a client on it can mean. */
const LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Refuses what came through a proxy, through a web page of another origin, or, on loopback, for another host.
 *
 * On loopback, Host must name loopback: a web page can make its own name point to 127.0.0.1 (DNS
 * rebinding), and a browser on this machine then takes it for the same origin. Beyond loopback, Host is
 * whatever address the orchestrator's probes were given, and others reach this port anyway.
 *
 * @param ownHost admin.host, if it is on loopback; undefined if it is not
 * @param isHealth whether it only asks how the balancer is: old probes do that without a Host
 * @returns undefined if it is not refused
 */
export function refuseSender(
  { hosts, origin, proxyField }: AdminRequest,
  ownHost: string | undefined,
  isHealth: boolean,
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
  if (origin !== undefined && !isOriginOf(origin, hosts[0])) {
    return refuse("it comes from a web page of another origin");
  }
  return undefined;
}

function isNameOf(ownHost: string, host: string): boolean {
  const name = host.toLowerCase().replace(/:\d*$/, "");
  return LOCAL_NAMES.includes(name) || name === ownHost.toLowerCase() || name === `[${ownHost}]`;
}

/** Whether an origin (RFC 6454, 6.2) has the host and port that the request is for; `null` has none. */
function isOriginOf(origin: string, host: string | undefined): boolean {
  const [, authority] = /^http:\/\/(.+)$/i.exec(origin) ?? [];
  return authority !== undefined && host !== undefined && plain(authority) === plain(host);
}

/** Without HTTP's default port. */
function plain(authority: string): string {
  return authority.toLowerCase().replace(/:(?:80)?$/, "");
}

function refuse(reason: string): LocalReply {
  return errorReply(STATUS_CODE.Forbidden, `this request is refused: ${reason}`);
}
