/** What of a backend's ups and downs is told, so that nothing is told again and again. */
import type { HealthEvent, Standing } from "./ejection.ts";
import type { PoolEvent } from "./events.ts";

/** What was told of a backend. */
export interface Told {
  /** That it fails, and not yet that it answers again. */
  readonly failing: boolean;
  /** When that was told last. */
  readonly at: number;
  /** That it stays in use nonetheless. */
  readonly spared: boolean;
}

/** Before anything is told. */
export const NOTHING_TOLD: Told = { failing: false, at: -Infinity, spared: false };

/** How long `fails` is not told again of the same backend, in milliseconds. */
const TELL_AGAIN_AFTER = 60_000;

/** What happened to a backend's standing. */
export interface Change {
  readonly event: HealthEvent;
  readonly before: Standing;
  readonly after: Standing;
  /** In a few words. */
  readonly reason: string;
  readonly now: number;
}

/**
 * @param many failures in a row, from which on it should have been ejected
 * @returns what is to be told, if anything, and what is told by then
 */
export function telling(
  backend: string,
  { event, before, after, reason, now }: Change,
  told: Told,
  many: number,
): { readonly event?: PoolEvent; readonly told: Told } {
  const { phase, failures, dueAt } = after;
  if (phase === "in" && before.phase !== "in") {
    return {
      event: { kind: "reinstated", backend },
      told: { ...told, failing: false, spared: false },
    };
  }
  if (phase === "out" && event.kind === "failed") {
    return {
      event: { kind: "ejected", backend, reason, failures, milliseconds: dueAt - now },
      told: { ...told, failing: false },
    };
  }
  if (phase !== "in") return { told };
  if (failures === 0) {
    const quiet = { ...told, failing: false, spared: false };
    return told.failing ? { event: { kind: "answers", backend }, told: quiet } : { told: quiet };
  }
  if (failures === 1 && now - told.at >= TELL_AGAIN_AFTER) {
    return {
      event: { kind: "fails", backend, reason },
      told: { ...told, failing: true, at: now },
    };
  }
  if (failures >= many && !told.spared) {
    return { event: { kind: "spared", backend, reason }, told: { ...told, spared: true } };
  }
  return { told };
}
