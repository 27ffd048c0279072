/**
 * The admin port: whether this program lives, and whether it should be sent requests.
 *
 * `GET /livez` is 200 as long as nothing but a restart would help: who restarts on that should not restart
 * for backends that are down. `GET /readyz` is 503 while it drains or no backend is usable: who balances over several
 * balancers should leave this one out.
 */
import { STATUS_CODE } from "@std/http/status";
import { isAuthority } from "../http/authority.ts";
import { listen, type Listening } from "../net/http_server.ts";
import { targetOf } from "../http/request_target.ts";

export interface AdminOptions {
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Why it should be started anew; undefined where it should not. */
  readonly fault: () => string | undefined;
  /** Why it should not be sent requests; undefined where it should. */
  readonly unreadiness: () => string | undefined;
  /** Told of errors that are our own fault. */
  readonly onError: (error: unknown) => void;
  readonly onWarning: (warning: string) => void;
}

/** Starts it. @throws where the address cannot be listened on */
export function serveAdmin(options: AdminOptions): Listening {
  const { fault, unreadiness, onError } = options;

  function answer({ method, url, headers }: Request): Response {
    const host = headers.get("host") ?? undefined;
    if (host !== undefined && !isAuthority(host)) {
      return text(STATUS_CODE.BadRequest, "Host must be one host and an optional port");
    }
    const pathname = targetOf(url, host)?.path.split("?")[0];
    if (pathname !== "/livez" && pathname !== "/readyz") {
      return text(STATUS_CODE.NotFound, "not found: there are /livez and /readyz");
    }
    if (method !== "GET" && method !== "HEAD") {
      return text(STATUS_CODE.MethodNotAllowed, "this is for GET", { allow: "GET, HEAD" });
    }
    return pathname === "/livez"
      ? health("alive", "not well", fault())
      : health("ready", "not ready", unreadiness());
  }

  return listen({
    ...options,
    onError(error) {
      onError(error);
      return text(STATUS_CODE.InternalServerError, "internal error");
    },
  }, answer);
}

function health(good: string, bad: string, reason: string | undefined): Response {
  return reason === undefined
    ? text(STATUS_CODE.OK, good)
    : text(STATUS_CODE.ServiceUnavailable, `${bad}: ${reason}`);
}

/** Whatever asks should see how things are now, not what some cache remembers. */
function text(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(`${body}\n`, {
    status,
    headers: { "cache-control": "no-store", ...headers },
  });
}
