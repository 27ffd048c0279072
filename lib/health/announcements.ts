/** Which changes of a backend's standing are announced, so that the log does not repeat itself. */
import type { HealthEvent, Standing } from "./ejection.ts";
import type { PoolEvent } from "./events.ts";

/** What has been announced about a backend. */
export interface AnnouncementState {
  /** Whether it was announced that it fails, and not yet that it answers again or is ejected. */
  readonly failing: boolean;
  /** When that was announced last, in milliseconds. */
  readonly at: number;
  /** Whether it was announced that it stays in use although it fails, and when that was last. */
  readonly keptInUse: boolean;
  readonly keptInUseAt: number;
}

export const NOTHING_ANNOUNCED: AnnouncementState = {
  failing: false,
  at: -Infinity,
  keptInUse: false,
  keptInUseAt: -Infinity,
};

/** How long neither is announced again for the same backend, in milliseconds. */
const REPEAT_AFTER_MS = 60_000;

/** A change of a backend's standing, and the event that made it. */
export interface Change {
  readonly event: HealthEvent;
  readonly before: Standing;
  readonly after: Standing;
  readonly now: number;
}

/**
 * @param backend its id
 * @param ejectAfter failures in a row that eject a backend, unless ejection.max keeps it in use
 * @returns the event to announce, if any, and what has been announced with it
 */
export function announce(
  backend: string,
  { event, before, after, now }: Change,
  announced: AnnouncementState,
  ejectAfter: number,
): { readonly event?: PoolEvent; readonly announced: AnnouncementState } {
  const { phase, failures, retryAt, ejectedAsUnreachable } = after;
  if (phase === "in" && failures === 0) {
    const calmed = { ...announced, failing: false, keptInUse: false };
    if (before.phase !== "in") return { event: { kind: "reinstated", backend }, announced: calmed };
    if (announced.failing) return { event: { kind: "answers", backend }, announced: calmed };
    return { announced: calmed };
  }
  if (event.kind !== "failed" || before.phase === "out") return { announced };

  const { reason } = event;
  if (phase === "out") {
    const milliseconds = ejectedAsUnreachable ? undefined : retryAt - now;
    return {
      event: { kind: "ejected", backend, reason, failures, milliseconds },
      announced: { ...announced, failing: false },
    };
  }
  if (failures === 1 && now - announced.at >= REPEAT_AFTER_MS) {
    return {
      event: { kind: "fails", backend, reason },
      announced: { ...announced, failing: true, at: now },
    };
  }
  const isTold = announced.keptInUse || now - announced.keptInUseAt < REPEAT_AFTER_MS;
  if (failures >= ejectAfter && !isTold) {
    return {
      event: { kind: "kept in use", backend, reason },
      announced: { ...announced, keptInUse: true, keptInUseAt: now },
    };
  }
  return { announced };
}
