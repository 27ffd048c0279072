/** Runs what serves until a signal stops it. */
import { log } from "../logging/log.ts";
import { WorkerHangError } from "../runtime/supervisor.ts";
import { type Signals, watchSignals } from "./signals.ts";

/** What serves: a balancer, or a demo backend. */
export interface Running {
  /** Rejects with {@linkcode WorkerHangError} if it cannot go on; never resolves. */
  readonly finished?: Promise<never>;
  /** Reads its configuration again; undefined if it has none. */
  readonly reload?: () => void;
  /**
   * Drains it.
   *
   * @returns how many requests were cut off
   */
  readonly stop: () => Promise<number>;
}

/**
 * Starts something and runs it until a signal asks for a drain. One that comes during the start takes
 * effect right after it, as requests may be served before everything has started.
 *
 * @param start not called if such a signal has come before; it can ask whether one has come meanwhile
 * @param signals by default they are watched from now on
 * @returns the exit status: 0 if it stopped cleanly, 1 if it failed or cut requests off
 */
export async function runUntilSignal(
  start: (isDraining: () => boolean) => Promise<Running>,
  signals: Signals = watchSignals(),
): Promise<number> {
  if (signals.isDraining) return finish(0);
  const running = await start(() => signals.isDraining);
  signals.onReload(running.reload);
  try {
    await Promise.race([signals.drain, ...(running.finished ? [running.finished] : [])]);
  } catch (error) {
    if (!(error instanceof WorkerHangError)) throw error;
    log("error", error.message);
    return 1;
  }
  return finish(await running.stop());
}

/** @returns the exit status */
function finish(cut: number): number {
  if (cut === 0) {
    log("info", "stopped");
    return 0;
  }
  log("warn", `stopped after the drain timeout with requests cut off: ${cut}`);
  return 1;
}
