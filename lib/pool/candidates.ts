/**
 * Which backends may be picked: an immutable snapshot, computed from the health of all of them. The pool
 * computes a new one only when the health of a backend changes, not for each request.
 */
import type { Attempt } from "./attempt.ts";
import type { Backend } from "../backends/backend.ts";
import type { Policy } from "../policies/policy.ts";

export interface Candidates {
  /** All backends of the pool, whatever their health. */
  readonly all: readonly Backend[];
  /** Whether no backend is usable; then all of them are picked from. */
  readonly inPanic: boolean;
  /** What first attempts are picked from: the usable backends, or all in panic. Empty only if the pool is. */
  readonly pickable: readonly Backend[];
  /** After how many turns the policy's picks from these repeat, 1 or more. */
  readonly cycle: number;
  /** Backends that are ejected or on trial, and not found down by probes: a request may try them when due. */
  readonly ejected: readonly Backend[];
  /** When the last usable backend leaves slow start, on the pool's clock; -Infinity if none is in it. */
  readonly slowStartEnd: number;
}

/**
 * @param policy decides how long the cycle is
 * @param slowStart how long a reinstated backend's share grows, in milliseconds
 */
export function computeCandidates(
  all: readonly Backend[],
  policy: Pick<Policy, "cycle">,
  slowStart: number,
): Candidates {
  const usable = all.filter((backend) => backend.usable);
  const inPanic = usable.length === 0;
  const pickable = inPanic ? all : usable;
  return {
    all,
    inPanic,
    pickable,
    cycle: pickable.length > 0 ? policy.cycle?.(pickable) ?? 1 : 1,
    ejected: all.filter(({ standing, probed }) => standing.phase !== "in" && probed.up),
    slowStartEnd: Math.max(...usable.map(({ standing }) => standing.since)) + slowStart,
  };
}

/** What a retry is picked from: untried backends that are usable, or else any untried, rather than none. */
export function findRetryCandidates(
  all: readonly Backend[],
  tried: readonly Attempt<unknown>[],
): readonly Backend[] {
  const untried = all.filter((backend) => !isTried(backend, tried));
  const usable = untried.filter((backend) => backend.usable);
  return usable.length > 0 ? usable : untried;
}

/** Whether one of the attempts went to a backend. */
export function isTried(backend: Backend, tried: readonly Attempt<unknown>[]): boolean {
  return tried.some((attempt) => attempt.backend === backend);
}
