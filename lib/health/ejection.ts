/**
 * Passive health: what a backend's own answers say of it.
 *
 * So many failures in a row eject it; it is then left out for a while that grows with each ejection in
 * a row. After that one request tries it, and only where that is answered do others follow: a backend
 * that hangs costs one client its patience, not five. (Outlier detection as Envoy has it, with the
 * half-open state of a circuit breaker, M. Nygard, Release It!, chapter 5, for the way back.)
 *
 * An outcome tells of the backend as it was when the attempt began. So while a backend is out, what
 * still comes from before changes nothing; and whoever asks here leaves out what began before `since`.
 */

export interface EjectionRules {
  /** Failures in a row that eject; Infinity ejects nothing. */
  readonly after: number;
  /** How long the first ejection lasts, in milliseconds. */
  readonly time: number;
}

/** How long an ejection lasts at most, in milliseconds. */
export const MAX_EJECTION_MS = 5 * 60 * 1000;

/** Where a backend stands by its own answers. */
export interface Standing {
  /** `in` use, `out` of it, or on `trial`: one request is under way to see whether it is back. */
  readonly phase: "in" | "out" | "trial";
  /** Failures in a row. */
  readonly failures: number;
  /** By how much an ejection's time was multiplied, or is. */
  readonly ejectionMultiplier: number;
  /** Since when it is in this phase. */
  readonly since: number;
  /** When a trial may begin, or another one. */
  readonly retryAt: number;
  /** Whether it was ejected by failed connects. Those say for certain that nobody is served by it. */
  readonly unreachable: boolean;
  /** The number of the worker whose request tries it; -1 where none does. */
  readonly trialWorker: number;
}

/** Where every backend begins. */
export const IN_USE: Standing = {
  phase: "in",
  failures: 0,
  ejectionMultiplier: 0,
  since: -Infinity,
  retryAt: Infinity,
  unreachable: false,
  trialWorker: -1,
};

/** What can happen to a backend. */
export type HealthEvent =
  /** An answer has begun; `inPanic` while every backend is used, as none is usable. */
  | { readonly kind: "answered"; readonly inPanic: boolean }
  /** An answer has come as a whole. */
  | { readonly kind: "completed" }
  /** An attempt failed, before or after there was a connection; `spared` where no more may be ejected.
   * That is no matter for one on trial: it was out before. */
  | { readonly kind: "failed"; readonly unreachable: boolean; readonly spared?: boolean }
  /** An attempt says nothing of it: its client left, say. */
  | { readonly kind: "nothing learnt" }
  /** A request of that worker goes there to try it. */
  | { readonly kind: "tried"; readonly worker: number }
  /** That worker has died, and what it tried with it. */
  | { readonly kind: "abandoned"; readonly worker: number }
  /** Its probes find it up again. */
  | { readonly kind: "recovered" }
  /** What kept all backends from being used is over: it may be tried at once. */
  | { readonly kind: "due" };

/**
 * @param now on any clock that never goes back, in milliseconds
 * @returns the standing that follows; the same object where nothing changes
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
      if (phase === "in" || phase === "out" && !event.inPanic) return standing;
      return reinstated(standing, now);

    case "completed":
      return phase === "in" && standing.failures > 0 ? { ...standing, failures: 0 } : standing;

    case "failed": {
      if (phase === "out") return standing;
      const failures = standing.failures + 1;
      const { unreachable } = event;
      if (phase === "in" && (failures < rules.after || event.spared)) {
        return { ...standing, failures };
      }
      const ejectionMultiplier = decayedMultiplier(standing, now, rules) + 1;
      const retryAt = now + ejectionMs(ejectionMultiplier, rules);
      return {
        phase: "out",
        failures,
        ejectionMultiplier,
        since: now,
        retryAt,
        unreachable,
        trialWorker: -1,
      };
    }

    case "nothing learnt":
      return phase === "trial" ? abandonTrial(standing, now) : standing;

    case "tried":
      // Should the trial never be heard of again, another may begin some day.
      return {
        ...standing,
        phase: "trial",
        since: now,
        retryAt: now + MAX_EJECTION_MS,
        trialWorker: event.worker,
      };

    case "abandoned":
      return standing.trialWorker === event.worker ? abandonTrial(standing, now) : standing;

    case "recovered":
      return reinstated(standing, now);

    case "due":
      return phase === "out" ? { ...standing, retryAt: Math.min(standing.retryAt, now) } : standing;
  }
}

/** Whether a request may be sent there to see whether it is back. */
export function isTrialDue({ phase, retryAt }: Standing, now: number): boolean {
  return phase !== "in" && now >= retryAt;
}

/**
 * The share of its requests that a backend gets in slow start: from 0 to 1 over the time since it is
 * back. All at once would meet cold caches and empty pools, and might well send it out again.
 *
 * @param duration in milliseconds; 0 gives all at once
 */
export function slowStartShare({ since }: Standing, now: number, duration: number): number {
  return now - since >= duration ? 1 : (now - since) / duration;
}

/** Out as it was, and to be tried by the next one. */
function abandonTrial(standing: Standing, now: number): Standing {
  return { ...standing, phase: "out", since: now, retryAt: now, trialWorker: -1 };
}

function reinstated({ ejectionMultiplier }: Standing, now: number): Standing {
  return { ...IN_USE, ejectionMultiplier, since: now };
}

/** Each ejection time that it has served since takes one off. */
function decayedMultiplier(
  { phase, ejectionMultiplier, since }: Standing,
  now: number,
  { time }: EjectionRules,
): number {
  return phase === "in"
    ? Math.max(0, ejectionMultiplier - Math.floor((now - since) / time))
    : ejectionMultiplier;
}

function ejectionMs(multiplier: number, { time }: EjectionRules): number {
  return Math.min(time * multiplier, MAX_EJECTION_MS);
}
