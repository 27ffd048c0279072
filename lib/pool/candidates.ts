/**
 * Which backends may be picked: an immutable snapshot, computed from the health of all of them. The pool
 * computes a new one only when the health of a backend changes, not for each request.
 *
 * Those that are known to be unreachable come last: an attempt there is known to fail. Connect checks find
 * out soon if one is reachable again (lib/health/connect_checks.ts), so a request that has nothing better
 * tries a few of them, not all.
 *
 * A backend with the weight 0, or one that is drained, gets no new requests. A backup takes over only if no
 * other can be used. One that a reload has removed comes after all others: only what began under the
 * configuration before can get there.
 */
import type { Attempt } from "./attempt.ts";
import type { Backend } from "../backends/backend.ts";
import { isUnreachable } from "../health/ejection.ts";
import type { HealthState } from "../health/state.ts";

export interface Candidates {
  /** All backends of the pool, whatever their health. */
  readonly all: readonly Backend[];
  /** Whether no backend is usable. */
  readonly inPanic: boolean;
  /** What first attempts are picked from: the best of all. Empty only if the pool is. */
  readonly pickable: readonly Backend[];
  /**
   * Backends that are ejected or on trial, and neither found down by probes nor unreachable: a request may
   * try them when due.
   */
  readonly ejected: readonly Backend[];
  /** When the last usable backend leaves slow start, on the pool's clock; -Infinity if none is in it. */
  readonly slowStartEnd: number;
}

/**
 * How many attempts a request may make at backends that were known to be unreachable before. Up to three
 * backends are all tried by every request, as one may be back since the last connect check.
 */
export const MAX_LAST_RESORTS = 3;

/** @param slowStart how long a reinstated backend's share grows, in milliseconds */
export function computeCandidates(all: readonly Backend[], slowStart: number): Candidates {
  const best = new Best();
  const ejected: Backend[] = [];
  let inPanic = true;
  let lastSince = -Infinity;
  for (const backend of all) {
    if (!isPickable(backend)) continue;
    const { state } = backend;
    best.add(backend, state);
    if (backend.mode === "removed") continue;
    const { standing, probed } = state;
    if (!probed.up) continue;
    if (standing.phase === "in") {
      inPanic = false;
      lastSince = Math.max(lastSince, standing.since);
    } else if (!isUnreachable(standing)) {
      ejected.push(backend);
    }
  }
  return { all, inPanic, pickable: best.of(all), ejected, slowStartEnd: lastSince + slowStart };
}

/**
 * What a retry is picked from: the best of the untried backends; or none, if only unreachable ones are left
 * and the request has tried enough of these.
 */
export function findRetryCandidates(
  all: readonly Backend[],
  tried: readonly Attempt<unknown>[],
): readonly Backend[] {
  const triedBackends = new Set(tried.map(({ backend }) => backend));
  const mayBeLast = tried.filter(({ lastResort }) => lastResort).length < MAX_LAST_RESORTS;
  const best = new Best();
  for (const backend of all) {
    if (triedBackends.has(backend) || !isPickable(backend)) continue;
    const { state } = backend;
    if (mayBeLast || !isUnreachable(state.standing)) best.add(backend, state);
  }
  return best.of(all);
}

function isPickable({ weight, mode }: Backend): boolean {
  return weight > 0 && mode !== "draining";
}

/** Whether one of the attempts went to a backend. */
export function isTried(backend: Backend, tried: readonly Attempt<unknown>[]): boolean {
  return tried.some((attempt) => attempt.backend === backend);
}

/**
 * Collects usable and reachable backends, or else usable ones, or else reachable ones, or else any; of each
 * kind the backups only if there are no others.
 *
 * Usable ones come before ejected ones even if they are unreachable: that costs a request no more than a
 * connect, while an ejected backend may keep it waiting or break it off.
 */
class Best {
  #backends: Backend[] = [];
  #rank = Infinity;

  add(backend: Backend, { standing, probed }: HealthState): void {
    const isUsable = standing.phase === "in" && probed.up;
    const rank = (backend.mode === "removed" ? 8 : 0) + (isUsable ? 0 : 4) +
      (isUnreachable(standing) ? 2 : 0) + (backend.isBackup ? 1 : 0);
    if (rank > this.#rank) return;
    if (rank < this.#rank) this.#backends = [];
    this.#rank = rank;
    this.#backends.push(backend);
  }

  /** The list of all itself if these are all: policies keep what they compute for a list. */
  of(all: readonly Backend[]): readonly Backend[] {
    return this.#backends.length === all.length ? all : this.#backends;
  }
}
