/**
 * Active health: what probes show about a backend.
 *
 * `rise` good probes in a row bring it up, `fall` bad ones take it down. The first probe counts at once,
 * whatever its result; before that nothing is known, and the backend is used.
 */

export interface ProbeRules {
  /** Good probes in a row that bring a backend up, 1 or more. */
  readonly rise: number;
  /** Bad probes in a row that take it down, 1 or more. */
  readonly fall: number;
}

export interface ProbeState {
  readonly up: boolean;
  /** Probes in a row whose result was the opposite. */
  readonly oppositeStreak: number;
  /** Whether there was a probe yet. */
  readonly known: boolean;
}

/** Before the first probe. */
export const UNPROBED: ProbeState = { up: true, oppositeStreak: 0, known: false };

/** @returns the state after one more probe; the same object if nothing changes */
export function applyProbe(
  state: ProbeState,
  good: boolean,
  { rise, fall }: ProbeRules,
): ProbeState {
  if (!state.known) return { up: good, oppositeStreak: 0, known: true };
  if (good === state.up) {
    return state.oppositeStreak === 0 ? state : { ...state, oppositeStreak: 0 };
  }
  const oppositeStreak = state.oppositeStreak + 1;
  if (oppositeStreak < (state.up ? fall : rise)) return { ...state, oppositeStreak };
  return { up: good, oppositeStreak: 0, known: true };
}
