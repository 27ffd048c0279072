/** Puts in force what has changed of the addresses that names stand for, and logs it. */
import { changesOf } from "../config/changes.ts";
import { log } from "../logging/log.ts";
import { routeIdOf } from "../routing/route_id.ts";
import type { LiveConfiguration } from "./live_configuration.ts";
import type { LogNotice } from "./messages.ts";

/** @param report called with faults of this program */
export async function takeAddresses(
  live: LiveConfiguration,
  report: (notice: LogNotice) => void,
): Promise<void> {
  try {
    const changed = await live.refresh();
    if (typeof changed === "string") log("warn", `backends cannot be changed: ${changed}`);
    else if (changed !== undefined) {
      log("info", changesOf(changed.before, changed.after, { routeIdOf }).join("; "));
    }
  } catch (error) {
    report({ kind: "fault", message: `backends cannot be changed: ${error}` });
  }
}
