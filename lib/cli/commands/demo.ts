/** `roundabout demo`: runs three backends and a balancer in one process, to try things out. */
import { misspeltVariables, readVariables } from "../../config/load.ts";
import { STDOUT } from "../../logging/log.ts";
import type { Flags } from "../command.ts";
import { startDemo } from "../demo.ts";
import { runUntilSignal } from "../run.ts";
import { logWarnings } from "../settings.ts";
import type { Signals } from "../signals.ts";

export const HELP = `roundabout demo: try things out

Usage: roundabout demo

Runs three backends and a balancer in one process, on loopback, and prints commands to try. Settings
apply as in roundabout start, except USERS_SERVICE and HOST:

  PORT=5050 POLICY=p2c roundabout demo
`;

export function run(_flags: Flags, signals?: Signals): Promise<number> {
  return runUntilSignal(async (isDraining) => {
    logWarnings(misspeltVariables());
    const demo = await startDemo(readVariables(), (banner) => isDraining() || STDOUT.write(banner));
    return { finished: demo.finished, stop: () => demo.stop() };
  }, signals);
}
