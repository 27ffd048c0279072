/** The paths of the admin port beside those for health, and what each of them needs. */
import { STATUS_CODE } from "@std/http/status";
import type { LocalReply } from "../http/local_reply.ts";
import {
  type Call,
  changeBackend,
  readBackend,
  readStatus,
  reload,
  setWeight,
  stop,
} from "./api.ts";
import { METRICS_TYPE, metricsText } from "./metrics.ts";
import { errorReply, type ReplyFirst, textReply } from "./replies.ts";

interface Reading {
  /** `*` stands for a name. */
  readonly path: string;
  /** And HEAD with it. */
  readonly method: "GET";
  readonly answer: (call: Call) => LocalReply;
}

interface Changing {
  readonly path: string;
  readonly method: "POST";
  readonly answer: (call: Call) => Answer | Promise<Answer>;
}

export type Route = Reading | Changing;

/** What comes of a change. */
export type Answer = LocalReply | ReplyFirst;

const BACKEND = "/api/pools/*/backends/*";

const ROUTES: readonly Route[] = [
  {
    path: "/metrics",
    method: "GET",
    answer: ({ control }) => textReply(STATUS_CODE.OK, metricsText(control.status()), METRICS_TYPE),
  },
  { path: "/api/status", method: "GET", answer: readStatus },
  { path: BACKEND, method: "GET", answer: readBackend },
  { path: "/api/reload", method: "POST", answer: reload },
  { path: "/api/stop", method: "POST", answer: stop },
  {
    path: `${BACKEND}/drain`,
    method: "POST",
    answer: (call) => changeBackend(call, call.control.drain),
  },
  {
    path: `${BACKEND}/ready`,
    method: "POST",
    answer: (call) => changeBackend(call, call.control.ready),
  },
  { path: `${BACKEND}/weight`, method: "POST", answer: setWeight },
];

export interface Found {
  readonly route: Route;
  readonly names: readonly string[];
}

/**
 * The route of a path. Only the names in it are decoded, so a path has one spelling: dot segments and doubled
 * slashes lead nowhere.
 *
 * @returns the reply, if there is none
 */
export function findRoute(path: string): Found | LocalReply {
  for (const route of ROUTES) {
    const written = namesIn(path, route.path);
    if (written === undefined) continue;
    try {
      return { route, names: written.map(decodeURIComponent) };
    } catch (error) {
      if (!(error instanceof URIError)) throw error;
      return errorReply(STATUS_CODE.BadRequest, "names in a path must be percent-encoded UTF-8");
    }
  }
  return errorReply(
    STATUS_CODE.NotFound,
    "not found: this port has /livez, /readyz, /metrics, /api/status, /api/reload and /api/stop, and " +
      `for each backend ${BACKEND} with /drain, /ready and /weight`,
  );
}

/** @returns undefined if the path is another one */
function namesIn(path: string, pattern: string): string[] | undefined {
  const given = path.split("/");
  const wanted = pattern.split("/");
  const fits = given.length === wanted.length &&
    wanted.every((part, index) => part === "*" ? given[index] !== "" : part === given[index]);
  return fits ? given.filter((_, index) => wanted[index] === "*") : undefined;
}
