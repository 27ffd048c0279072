/** How the balancer is: `/livez` and `/readyz`. */
import { STATUS_CODE } from "@std/http/status";
import type { LocalReply } from "../http/local_reply.ts";
import { textReply } from "./replies.ts";

export interface Health {
  /** Why the balancer should be restarted; undefined if it should not. */
  readonly fault: () => string | undefined;
  /** Why it should get no requests; undefined if it should. */
  readonly unreadiness: () => string | undefined;
}

/** Paths that are answered without a token: whatever probes the balancer needs none. */
const HEALTH_PATHS: Readonly<Record<string, (health: Health) => LocalReply>> = {
  "/livez": ({ fault }) => reply("alive", "not well", fault()),
  "/readyz": ({ unreadiness }) => reply("ready", "not ready", unreadiness()),
};

export function isHealthPath(path: string): boolean {
  return Object.hasOwn(HEALTH_PATHS, path);
}

/** @param path for which {@linkcode isHealthPath} is true */
export function healthReply(path: string, health: Health): LocalReply {
  return HEALTH_PATHS[path]!(health);
}

function reply(good: string, bad: string, reason: string | undefined): LocalReply {
  return reason === undefined
    ? textReply(STATUS_CODE.OK, `${good}\n`)
    : textReply(STATUS_CODE.ServiceUnavailable, `${bad}: ${reason}\n`);
}
