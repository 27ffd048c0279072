/** Runs a balancer until a signal stops it. */
import { exit, log } from "../logging/log.ts";
import type { Balancer } from "../runtime/control_plane.ts";
import { WorkerHangError } from "../runtime/supervisor.ts";

/**
 * Runs a balancer until SIGINT or SIGTERM, then drains it; a second signal ends the process at once.
 *
 * @param drainTimeout in milliseconds
 * @returns the exit status: 0 if it stopped cleanly, 1 if it failed or cut requests off
 */
export async function runBalancer(balancer: Balancer, drainTimeout: number): Promise<number> {
  let signal: Deno.Signal;
  try {
    signal = await Promise.race([nextSignal(), balancer.finished]);
  } catch (error) {
    if (!(error instanceof WorkerHangError)) throw error;
    log("error", error.message);
    return 1;
  }
  nextSignal().then((second) => {
    log("warn", `${second} again: stopping at once`);
    exit(1);
  });
  log("info", `${signal}: not ready any more, finishing what is in flight`);
  const cut = await balancer.stop(drainTimeout);
  if (cut === 0) {
    log("info", "stopped");
    return 0;
  }
  log("warn", `stopped after DRAIN_TIMEOUT with requests cut off: ${cut}`);
  return 1;
}

function nextSignal(): Promise<Deno.Signal> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const listener = () => {
        Deno.removeSignalListener(signal, listener);
        resolve(signal);
      };
      Deno.addSignalListener(signal, listener);
    }
  });
}
