/**
 * The admin port: health checks of the balancer itself.
 *
 * `GET /livez` is 503 only if nothing but a restart would help, and not for backends that are down.
 * `GET /readyz` is 503 while the balancer drains or has no usable backend, so that whatever balances over
 * several balancers leaves this one out.
 */
import { STATUS_CODE } from "@std/http/status";
import { isAuthority } from "../http/authority.ts";
import { listen, type Listening } from "../net/http_server.ts";
import { targetOf } from "../http/request_target.ts";

export interface AdminOptions {
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Why the balancer should be restarted; undefined if it should not. */
  readonly fault: () => string | undefined;
  /** Why it should get no requests; undefined if it should. */
  readonly unreadiness: () => string | undefined;
  /** Called with errors that are a fault of this program. */
  readonly onError: (error: unknown) => void;
  /** Called each time the listener breaks. */
  readonly onWarning: (warning: string) => void;
}

/** Starts the admin port. @throws if the address cannot be listened on */
export function serveAdmin(options: AdminOptions): Listening {
  const { fault, unreadiness, onError } = options;

  function answer({ method, url, headers }: Request): Response {
    const host = headers.get("host") ?? undefined;
    if (host !== undefined && !isAuthority(host)) {
      return text(STATUS_CODE.BadRequest, "Host must be one host and an optional port");
    }
    const pathname = targetOf(url, host)?.path.split("?")[0];
    if (pathname !== "/livez" && pathname !== "/readyz") {
      return text(STATUS_CODE.NotFound, "not found: this port has /livez and /readyz");
    }
    if (method !== "GET" && method !== "HEAD") {
      return text(STATUS_CODE.MethodNotAllowed, "use GET or HEAD", { allow: "GET, HEAD" });
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

/** A reply that no cache may store: it is about this moment. */
function text(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(`${body}\n`, {
    status,
    headers: { "cache-control": "no-store", ...headers },
  });
}
