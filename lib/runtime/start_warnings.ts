/** What an operator should know about the settings and the machine when the balancer starts. */
import type { Configuration } from "../config/model.ts";
import { textOf } from "../config/values/content.ts";
import { isLoopback } from "../net/is_loopback.ts";

/**
 * @param descriptors how many file descriptors can be opened; undefined if there are plenty
 * @returns one sentence for each warning
 */
export function startWarnings(
  { engine, io, listeners, pools, admin }: Pick<
    Configuration,
    "engine" | "io" | "listeners" | "pools" | "admin"
  >,
  descriptors: number | undefined,
): string[] {
  const warnings = warningsOf(admin);
  if (descriptors !== undefined) {
    warnings.push(
      `only ${descriptors} more file descriptors can be opened, two for each request in flight: ` +
        "raise the limit (ulimit -n, LimitNOFILE= of systemd, ulimits of compose)",
    );
  }
  if (io === "epoll") {
    warnings.push(
      "io is epoll, which needs native code: Deno's sandbox is off, and this process may do all that its user may",
    );
  }
  if (engine === "web" && Object.values(listeners).some(({ tls }) => tls !== undefined)) {
    warnings.push(
      "TLS with the web engine has no limit for slow handshakes, and responses in several pieces are late: " +
        "at the edge of the internet use the tcp engine",
    );
  }
  for (const [name, { sticky }] of Object.entries(pools)) {
    if (sticky?.cookie === undefined || sticky.secret !== undefined) continue;
    warnings.push(
      `the sticky cookie of the pool ${name} has no secret: anyone who knows a backend's address can ` +
        "forge the cookie that selects it",
    );
  }
  return warnings;
}

/** The admin port's own; a name that is not localhost may lead anywhere. */
function warningsOf(admin: Configuration["admin"]): string[] {
  if (admin?.port === undefined) return [];
  const { host, unix, token, readToken } = admin;
  if (token !== undefined && readToken !== undefined && textOf(token) === textOf(readToken)) {
    return [
      "admin.token and admin.readToken are the same: it only reads, so nothing can be changed",
    ];
  }
  const hasToken = token !== undefined || readToken !== undefined;
  if (hasToken || unix !== undefined || isLoopback(host) || host === "localhost") return [];
  return [
    `the admin port listens on ${host} without admin.token: it answers 403 to all but /livez and /readyz`,
  ];
}
