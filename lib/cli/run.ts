/** Runs what serves until a signal stops it, or a request to its admin port. */
import { log } from "../logging/log.ts";
import { WorkerHangError } from "../runtime/supervisor.ts";
import { type Signals, watchSignals } from "./signals.ts";

/** What serves: a balancer, or a demo backend. */
export interface Running {
  /** Rejects with {@linkcode WorkerHangError} if it cannot go on; never resolves. */
  readonly finished?: Promise<never>;
  /** Reads its configuration again; undefined if it has none. */
  readonly reload?: () => void;
  /** Resolves if something else than a signal asks it to stop, with what that is. */
  readonly stopAsked?: Promise<string>;
  /**
   * Drains it.
   *
   * @returns how many requests were cut off
   */
  readonly stop: () => Promise<number>;
}

/**
 * Starts something and runs it until a signal asks for a drain, or something else does. One that comes during
 * the start takes effect right after it, as requests may be served before everything has started.
 *
 * @param start not called if such a signal has come before; it can ask whether one has come meanwhile
 * @param signals by default they are watched from now on
 * @returns the exit status: 0 if it stopped cleanly, 1 if it failed or cut requests off. It is 0 in any case if
 * it was not a signal that stopped it: whatever runs it would start it again, to the harm of its successor
 */
export async function runUntilSignal(
  start: (isDraining: () => boolean) => Promise<Running>,
  signals: Signals = watchSignals(),
): Promise<number> {
  if (signals.isDraining) return finish(0);
  const running = await start(() => signals.isDraining);
  signals.onReload(running.reload);
  const { finished, stopAsked } = running;
  let asked: string | undefined;
  try {
    asked = await Promise.race([
      signals.drain.then(() => undefined),
      ...(finished ? [finished] : []),
      ...(stopAsked ? [stopAsked] : []),
    ]);
  } catch (error) {
    if (!(error instanceof WorkerHangError)) throw error;
    log("error", error.message);
    return 1;
  }
  if (asked === undefined) return finish(await running.stop());
  log("info", `${asked}: not ready any more, finishing what is in flight`);
  signals.onReload(() => {}); // what stops is not reloaded
  finish(await running.stop());
  return 0;
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
