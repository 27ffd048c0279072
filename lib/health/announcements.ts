/** What of a backend's ups and downs is announced, so that nothing is announced again and again. */
import type { HealthEvent, Standing } from "./ejection.ts";
import type { PoolEvent } from "./events.ts";

/** What was told of a backend. */
export interface AnnouncementState {
  /** That it fails, and not yet that it answers again. */
  readonly failing: boolean;
  /** When that was announced last. */
  readonly at: number;
  /** That it stays in use nonetheless. */
  readonly spared: boolean;
}

/** Before anything is announced. */
export const NOTHING_ANNOUNCED: AnnouncementState = {
  failing: false,
  at: -Infinity,
  spared: false,
};

/** How long `fails` is not announced again of the same backend, in milliseconds. */
const REPEAT_AFTER_MS = 60_000;

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
 * @returns what is to be announced, if anything, and what is announced by then
 */
export function announce(
  backend: string,
  { event, before, after, reason, now }: Change,
  announced: AnnouncementState,
  many: number,
): { readonly event?: PoolEvent; readonly announced: AnnouncementState } {
  const { phase, failures, retryAt } = after;
  if (phase === "in" && before.phase !== "in") {
    return {
      event: { kind: "reinstated", backend },
      announced: { ...announced, failing: false, spared: false },
    };
  }
  if (phase === "out" && event.kind === "failed") {
    return {
      event: { kind: "ejected", backend, reason, failures, milliseconds: retryAt - now },
      announced: { ...announced, failing: false },
    };
  }
  if (phase !== "in") return { announced };
  if (failures === 0) {
    const quiet = { ...announced, failing: false, spared: false };
    return announced.failing
      ? { event: { kind: "answers", backend }, announced: quiet }
      : { announced: quiet };
  }
  if (failures === 1 && now - announced.at >= REPEAT_AFTER_MS) {
    return {
      event: { kind: "fails", backend, reason },
      announced: { ...announced, failing: true, at: now },
    };
  }
  if (failures >= many && !announced.spared) {
    return {
      event: { kind: "spared", backend, reason },
      announced: { ...announced, spared: true },
    };
  }
  return { announced };
}
