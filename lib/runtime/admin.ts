/** The admin port of a running balancer. */
import { serveAdmin } from "../admin/server.ts";
import type { Config } from "../config/schema.ts";
import { log } from "../logging/log.ts";
import { throttledWarning } from "../logging/throttled_warning.ts";
import type { Listening } from "../net/http_server.ts";
import { bindOrExplain } from "../net/listen_error.ts";
import type { Pool } from "../pool/pool.ts";
import type { Supervisor } from "./supervisor.ts";

/** What the admin port reports on. */
export interface Observed {
  readonly supervisor: Pick<Supervisor, "hanging" | "problem">;
  readonly pool: Pick<Pool, "usable">;
  /** In milliseconds. */
  readonly clock: () => number;
  /** Whether all that has to be started is. */
  readonly hasStarted: () => boolean;
}

/**
 * Starts it.
 *
 * @returns undefined if ADMIN_PORT is off
 * @throws {ListenError} if the address cannot be listened on
 */
export function startAdmin(
  { ADMIN_HOST: hostname, ADMIN_PORT: port }: Config,
  { supervisor, pool, clock, hasStarted }: Observed,
): Listening | undefined {
  if (port === undefined) return undefined;
  const options = {
    hostname,
    port,
    fault: () => supervisor.hanging,
    unreadiness: () =>
      hasStarted()
        ? supervisor.problem ?? (pool.usable ? undefined : "no backend is usable")
        : "starting",
    onError: (error: unknown) => log("error", `the admin port failed: ${error}`),
    onWarning: throttledWarning((warning) => log("warn", warning), clock),
  };
  return bindOrExplain("ADMIN_PORT", hostname, port, () => serveAdmin(options));
}
