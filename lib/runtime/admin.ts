/** The admin port of a running balancer. */
import { type Admin, serveAdmin } from "../admin/server.ts";
import type { Config } from "../config/schema.ts";
import { bindOrExplain } from "../net/listen_error.ts";
import type { Pool } from "../pool/pool.ts";
import type { LogNotice } from "./messages.ts";
import type { Supervisor } from "./supervisor.ts";

/** What the admin port reports on. */
export interface Observed {
  readonly supervisor: Pick<Supervisor, "hanging" | "problem">;
  readonly pool: Pick<Pool, "usable">;
  /** Reports for the log. */
  readonly report: (notice: LogNotice) => void;
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
  { supervisor, pool, report, hasStarted }: Observed,
): Admin | undefined {
  if (port === undefined) return undefined;
  const options = {
    hostname,
    port,
    fault: () => supervisor.hanging,
    unreadiness: () =>
      hasStarted()
        ? supervisor.problem ?? (pool.usable ? undefined : "no backend is usable")
        : "starting",
    onError: (error: unknown) =>
      report({ kind: "fault", message: `the admin port failed: ${error}` }),
    onWarning: (message: string) => report({ kind: "warning", message }),
  };
  return bindOrExplain("ADMIN_PORT", hostname, port, () => serveAdmin(options));
}
