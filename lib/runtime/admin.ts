/** The admin port of a running balancer. */
import { type Admin, serveAdmin } from "../admin/server.ts";
import type { Configuration } from "../config/model.ts";
import { bindOrExplain } from "../net/listen_error.ts";
import type { LogNotice } from "./messages.ts";
import type { Supervisor } from "./supervisor.ts";

/** What the admin port reports on. */
export interface Observed {
  readonly supervisor: Pick<Supervisor, "hanging" | "problem">;
  /** Whether any pool has a usable backend: as long as one has, requests should come here. */
  readonly isUsable: () => boolean;
  /** Reports for the log. */
  readonly report: (notice: LogNotice) => void;
  /** Whether all that has to be started is. */
  readonly hasStarted: () => boolean;
}

/**
 * Starts it.
 *
 * @returns undefined if it is off
 * @throws {ListenError} if the address cannot be listened on
 */
export function startAdmin(
  { admin }: Configuration,
  { supervisor, isUsable, report, hasStarted }: Observed,
): Admin | undefined {
  if (admin?.port === undefined) return undefined;
  const { host: hostname, port } = admin;
  const options = {
    hostname,
    port,
    fault: () => supervisor.hanging,
    unreadiness: () =>
      hasStarted()
        ? supervisor.problem ?? (isUsable() ? undefined : "no backend is usable")
        : "starting",
    onError: (error: unknown) =>
      report({ kind: "fault", message: `the admin port failed: ${error}` }),
    onWarning: (message: string) => report({ kind: "warning", message }),
  };
  return bindOrExplain("the admin port", [{ hostname, port }], () => serveAdmin(options));
}
