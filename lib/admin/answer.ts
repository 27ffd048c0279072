/** What the admin port answers. */
import { STATUS_CODE } from "@std/http/status";
import { isAuthority } from "../http/authority.ts";
import type { LocalReply } from "../http/local_reply.ts";

/** How the balancer is. */
export interface Health {
  /** Why the balancer should be restarted; undefined if it should not. */
  readonly fault: () => string | undefined;
  /** Why it should get no requests; undefined if it should. */
  readonly unreadiness: () => string | undefined;
}

/** A request line and Host; the rest of a head is not needed. */
const REQUEST = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/1\.[01]\r?\n/;
const HOST = /^host:[ \t]*(.*?)[ \t]*\r?$/gim;

/** Names of this machine that only a client on it can mean. */
const LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/**
 * The reply to a request.
 *
 * On loopback, Host must name loopback: a web page can make its own name point to 127.0.0.1 (DNS
 * rebinding), and then read what a browser on this machine gets from here. Beyond loopback, Host is
 * whatever address the orchestrator's probes were given, and others reach this port anyway.
 *
 * @param head of the request, with its empty line
 * @param ownHost its host, if it is on loopback; undefined if it is not
 */
export function answer(head: string, ownHost: string | undefined, health: Health): LocalReply {
  const [line, method, target] = REQUEST.exec(head) ?? [];
  if (line === undefined) return text(STATUS_CODE.BadRequest, "this is not HTTP/1.1");
  const hosts = [...head.slice(line.length).matchAll(HOST)].map(([, host]) => host!);
  if (hosts.length > 1 || !hosts.every(isAuthority)) {
    return text(STATUS_CODE.BadRequest, "Host must be one host and an optional port");
  }
  if (ownHost !== undefined && !hosts.every((host) => isNameOf(ownHost, host))) {
    return text(STATUS_CODE.Forbidden, "Host must be localhost, 127.0.0.1, [::1] or admin.host");
  }
  const path = target!.replace(/^https?:\/\/[^/?]*/i, "").split("?")[0];
  if (path !== "/livez" && path !== "/readyz") {
    return text(STATUS_CODE.NotFound, "not found: this port has /livez and /readyz");
  }
  if (method !== "GET" && method !== "HEAD") {
    return text(STATUS_CODE.MethodNotAllowed, "use GET or HEAD", ["allow", "GET, HEAD"]);
  }
  return path === "/livez"
    ? reply("alive", "not well", health.fault())
    : reply("ready", "not ready", health.unreadiness());
}

function isNameOf(ownHost: string, host: string): boolean {
  const name = host.toLowerCase().replace(/:\d*$/, "");
  return LOCAL_NAMES.includes(name) || name === ownHost.toLowerCase() || name === `[${ownHost}]`;
}

function reply(good: string, bad: string, reason: string | undefined): LocalReply {
  return reason === undefined
    ? text(STATUS_CODE.OK, good)
    : text(STATUS_CODE.ServiceUnavailable, `${bad}: ${reason}`);
}

/** A reply that no cache may store: it is about this moment. */
function text(status: number, body: string, ...fields: [string, string][]): LocalReply {
  return {
    status,
    fields: [["content-type", "text/plain"], ["cache-control", "no-store"], ...fields],
    body: `${body}\n`,
  };
}
