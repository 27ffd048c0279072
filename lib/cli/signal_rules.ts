/** What each signal does. */

/** The signals that have a meaning; the others keep the system's own. Not every system knows all of them. */
export const SIGNALS = [
  "SIGINT",
  "SIGTERM",
  "SIGQUIT",
  "SIGHUP",
  "SIGBREAK",
  "SIGUSR1",
  "SIGUSR2",
] as const;

export type Signal = typeof SIGNALS[number];

/** What has come so far, as far as it matters for the next signal. */
export interface SignalState {
  /** When the drain began, in milliseconds; undefined if none has. */
  readonly drainingSince: number | undefined;
  /** When each signal without effect was last explained, in milliseconds. */
  readonly explainedAt: Readonly<Partial<Record<Signal, number>>>;
}

export const NO_SIGNAL_YET: SignalState = { drainingSince: undefined, explainedAt: {} };

export interface Reaction {
  readonly action: "drain" | "reload" | "stop at once" | "close debugger" | "nothing";
  /** For the log; undefined if there is nothing to say. */
  readonly message?: string;
  readonly state: SignalState;
}

/**
 * One keystroke or command may send a signal several times within milliseconds: the terminal signals the
 * whole process group, and `deno task` and npx pass on what they got. So a second signal counts only after
 * this time.
 */
export const REPEAT_COUNTS_AFTER_MS = 1_000;

/** What does not change while the program runs. */
export interface Circumstances {
  /** Whether this is the compiled binary: `deno run` does something of its own on SIGUSR1. */
  readonly isCompiled: boolean;
  /** Whether it was started at a terminal, which sends SIGHUP when it is closed. */
  readonly hasTerminal: boolean;
}

/**
 * Decides what a signal does.
 *
 * The first SIGINT, SIGTERM, SIGQUIT or SIGBREAK drains, a further one stops at once. SIGHUP reloads the
 * configuration, unless a terminal may have sent it because it is closed: then it drains, and a further one
 * does nothing.
 *
 * @param now in milliseconds, on a clock that never goes back
 */
export function reactTo(
  signal: Signal,
  state: SignalState,
  now: number,
  { isCompiled, hasTerminal }: Circumstances,
): Reaction {
  if (signal === "SIGUSR1" && !isCompiled) {
    return { ...explain(signal, DEBUGGER, state, now), action: "close debugger" };
  }
  if (signal === "SIGUSR1" || signal === "SIGUSR2") return explain(signal, "", state, now);
  const { drainingSince } = state;
  if (signal === "SIGHUP" && !hasTerminal) {
    return { action: drainingSince === undefined ? "reload" : "nothing", state };
  }
  if (drainingSince === undefined) {
    return {
      action: "drain",
      message: `${signal}: not ready any more, finishing what is in flight`,
      state: { ...state, drainingSince: now },
    };
  }
  if (signal === "SIGHUP" || now - drainingSince < REPEAT_COUNTS_AFTER_MS) {
    return { action: "nothing", state };
  }
  return { action: "stop at once", message: `${signal} again: stopping at once`, state };
}

/**
 * What to say once a further signal counts, if the drain is still under way then.
 *
 * @param signal that began the drain
 * @returns undefined if no person at a terminal has sent it
 */
export function reminderOf(signal: Signal): string | undefined {
  return signal === "SIGINT"
    ? "still finishing what is in flight: press Ctrl-C again to stop at once"
    : undefined;
}

/** See debugger.ts. */
const DEBUGGER = "; the debugger that Deno opens for it on 127.0.0.1:9229 is closed at once";

function explain(signal: Signal, addition: string, state: SignalState, now: number): Reaction {
  const last = state.explainedAt[signal] ?? -Infinity;
  if (now - last < REPEAT_COUNTS_AFTER_MS) return { action: "nothing", state };
  return {
    action: "nothing",
    message:
      `${signal} is ignored: there is no log file to reopen, the logs go to standard output and ` +
      `standard error${addition}`,
    state: { ...state, explainedAt: { ...state.explainedAt, [signal]: now } },
  };
}
