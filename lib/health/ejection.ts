/**
 * Passive health: what a backend's own answers show.
 *
 * A number of failures in a row ejects it, for a time that grows with each ejection in a row. Then one
 * request is its trial, and others follow only if that one is answered: a backend that hangs makes one
 * client wait, not five. (Outlier detection as in Envoy, with the half-open state of a circuit breaker on
 * the way back: M. Nygard, Release It!, chapter 5.)
 *
 * An outcome shows how the backend was when the attempt began. So while it is ejected, outcomes from
 * before change nothing, and callers leave out attempts that began before `since`.
 *
 * A backend that could not be connected to is known to be unreachable until an attempt or a connect check
 * (connect_checks.ts) reaches it. Until then it has no trial, as that is known to fail.
 */

export interface EjectionRules {
  /** Failures in a row that eject; Infinity ejects nothing. */
  readonly after: number;
  /** How long the first ejection lasts, in milliseconds. */
  readonly time: number;
}

/** The longest ejection, in milliseconds. */
export const MAX_EJECTION_MS = 5 * 60 * 1000;

/** Where a backend stands by its own answers. Times are in milliseconds on the pool's clock. */
export interface Standing {
  /** `in` use, `out` (ejected), or on `trial`: one request is under way to find out whether it works. */
  readonly phase: "in" | "out" | "trial";
  /** Failures in a row. */
  readonly failures: number;
  /** How many times the first ejection's time the last one lasted: 1, 2, 3, … for ejections in a row. */
  readonly ejectionMultiplier: number;
  /** When it entered this phase. */
  readonly since: number;
  /** When its trial, or another one, may begin. */
  readonly retryAt: number;
  /** Whether it was ejected because it could not be connected to: then it serves no request at all. */
  readonly ejectedAsUnreachable: boolean;
  /** Since when it is known that it cannot be connected to; Infinity if it can, as far as is known. */
  readonly unreachableSince: number;
  /** The number of the worker whose request is its trial; -1 if there is none. */
  readonly trialWorker: number;
}

/** The standing of a new backend. */
export const IN_USE: Standing = {
  phase: "in",
  failures: 0,
  ejectionMultiplier: 0,
  since: -Infinity,
  retryAt: Infinity,
  ejectedAsUnreachable: false,
  unreachableSince: Infinity,
  trialWorker: -1,
};

/** What can happen to a backend. */
export type HealthEvent =
  /** A response has begun; `inPanic` if no backend is usable, so that requests go to all of them. */
  | { readonly kind: "answered"; readonly inPanic: boolean }
  /** A response is complete. */
  | { readonly kind: "completed" }
  /**
   * An attempt or a response failed: `unreachable` if there was no connection, `atEjectMax` if no other
   * backend may be ejected. The latter keeps none on trial: that is among the ejected ones already.
   */
  | {
    readonly kind: "failed";
    readonly unreachable: boolean;
    readonly reason: string;
    readonly atEjectMax?: boolean;
  }
  /** An attempt shows nothing about it; its client left, for example. */
  | { readonly kind: "inconclusive" }
  /** A request of this worker is its trial. */
  | { readonly kind: "trial started"; readonly worker: number }
  /** This worker has died, and its requests with it. */
  | { readonly kind: "worker died"; readonly worker: number }
  /** A connect check reached it. */
  | { readonly kind: "connected" }
  /** Its probes find it up again. */
  | { readonly kind: "recovered" }
  /** Another backend is usable again after none was. */
  | { readonly kind: "panic over" };

/**
 * @param now in milliseconds, on a clock that never goes back
 * @returns the standing that follows; the same object if nothing changes
 */
export function transition(
  standing: Standing,
  event: HealthEvent,
  now: number,
  rules: EjectionRules,
): Standing {
  const { phase } = standing;
  switch (event.kind) {
    case "answered":
      if (phase === "in" || phase === "out" && !event.inPanic) return reach(standing, now);
      return reinstate(standing, now);

    case "completed":
      return phase === "in" && standing.failures > 0 ? { ...standing, failures: 0 } : standing;

    case "failed": {
      // A failure after a connection was made does not end it: the attempt may have begun before.
      const unreachableSince = event.unreachable
        ? Math.min(standing.unreachableSince, now)
        : standing.unreachableSince;
      if (phase === "out") {
        return unreachableSince === standing.unreachableSince
          ? standing
          : { ...standing, unreachableSince };
      }
      const failures = standing.failures + 1;
      if (phase === "in" && (failures < rules.after || event.atEjectMax)) {
        return { ...standing, failures, unreachableSince };
      }
      const ejectionMultiplier = decayMultiplier(standing, now, rules) + 1;
      return {
        phase: "out",
        failures,
        ejectionMultiplier,
        since: now,
        retryAt: now + Math.min(rules.time * ejectionMultiplier, MAX_EJECTION_MS),
        ejectedAsUnreachable: event.unreachable,
        unreachableSince,
        trialWorker: -1,
      };
    }

    case "inconclusive":
      return phase === "trial" ? giveUpTrial(standing, now) : standing;

    case "trial started":
      return {
        ...standing,
        phase: "trial",
        since: now,
        retryAt: now + MAX_EJECTION_MS, // another trial may begin if this one is never reported
        trialWorker: event.worker,
      };

    case "worker died":
      return standing.trialWorker === event.worker ? giveUpTrial(standing, now) : standing;

    case "connected":
      return reach(standing, now);

    case "recovered":
      return reinstate(standing, now);

    case "panic over": // what had hit all backends may be over for this one, too
      return phase === "out" ? { ...standing, retryAt: Math.min(standing.retryAt, now) } : standing;
  }
}

/** Whether it is known that the backend cannot be connected to. */
export function isUnreachable({ unreachableSince }: Standing): boolean {
  return unreachableSince !== Infinity;
}

/** Whether a request may be sent to find out whether the backend works again. */
export function isTrialDue(standing: Standing, now: number): boolean {
  return standing.phase !== "in" && now >= standing.retryAt && !isUnreachable(standing);
}

/**
 * The share of its requests that a backend gets in slow start: it grows from 0 to 1 after it is
 * reinstated. All requests at once would meet cold caches and empty connection pools, and might well
 * eject it again.
 *
 * @param duration of slow start in milliseconds; 0 gives the whole share at once
 */
export function slowStartShare({ since }: Standing, now: number, duration: number): number {
  return now - since >= duration ? 1 : (now - since) / duration;
}

/** It can be connected to. If that was why it was ejected, its trial is due at once. */
function reach(standing: Standing, now: number): Standing {
  if (!isUnreachable(standing)) return standing;
  const isDue = standing.phase === "out" && standing.ejectedAsUnreachable;
  return { ...standing, unreachableSince: Infinity, retryAt: isDue ? now : standing.retryAt };
}

/** Ejected as before, with the next trial due at once. */
function giveUpTrial(standing: Standing, now: number): Standing {
  return { ...standing, phase: "out", since: now, retryAt: now, trialWorker: -1 };
}

function reinstate({ ejectionMultiplier }: Standing, now: number): Standing {
  return { ...IN_USE, ejectionMultiplier, since: now };
}

/** The multiplier goes down by one for each `time` that the backend has been in use. */
function decayMultiplier(
  { phase, ejectionMultiplier, since }: Standing,
  now: number,
  { time }: EjectionRules,
): number {
  return phase === "in"
    ? Math.max(0, ejectionMultiplier - Math.floor((now - since) / time))
    : ejectionMultiplier;
}
