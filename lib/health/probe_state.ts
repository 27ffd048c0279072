/**
 * Active health: what probes say of a backend.
 *
 * It takes `rise` good probes in a row to be up, and `fall` bad ones to be down. The first probe counts
 * at once, whatever it says: until then nothing is known, and a backend is used.
 */

export interface ProbeRules {
  /** Good probes in a row that bring it up, 1 or more. */
  readonly rise: number;
  /** Bad probes in a row that take it down, 1 or more. */
  readonly fall: number;
}

/** What the probes have found. */
export interface Probed {
  readonly up: boolean;
  /** Probes in a row that say otherwise. */
  readonly oppositeStreak: number;
  readonly known: boolean;
}

/** Before the first probe. */
export const UNPROBED: Probed = { up: true, oppositeStreak: 0, known: false };

/** @returns what is known after one more probe; the same object where nothing changes */
export function transition(probed: Probed, good: boolean, { rise, fall }: ProbeRules): Probed {
  if (!probed.known) return { up: good, oppositeStreak: 0, known: true };
  if (good === probed.up) {
    return probed.oppositeStreak === 0 ? probed : { ...probed, oppositeStreak: 0 };
  }
  const oppositeStreak = probed.oppositeStreak + 1;
  if (oppositeStreak < (probed.up ? fall : rise)) return { ...probed, oppositeStreak };
  return { up: good, oppositeStreak: 0, known: true };
}
