/** Listens to the signals of the system, and does what signal_rules.ts says. */
import { exit, log } from "../logging/log.ts";
import { plainMessage } from "../net/plain_message.ts";
import { closeDebugger } from "./debugger.ts";
import {
  type Circumstances,
  NO_SIGNAL_YET,
  reactTo,
  reminderOf,
  REPEAT_COUNTS_AFTER_MS,
  type Signal,
  SIGNALS,
} from "./signal_rules.ts";

/** The signals of a running program. */
export interface Signals {
  /** Resolves with the first signal that asks for a drain. */
  readonly drain: Promise<Signal>;
  /** Whether one has come. */
  readonly isDraining: boolean;
  /**
   * Calls an action with each signal that asks for a reload from now on, and at once if one has come before.
   *
   * @param action undefined if there is nothing to reload
   */
  readonly onReload: (action: (() => void) | undefined) => void;
}

/** What signals come from and act on; a test replaces it. */
export interface SignalEffects {
  /** @throws {TypeError} if the system does not know the signal */
  readonly listen: (signal: Signal, listener: () => void) => void;
  /** In milliseconds. */
  readonly clock: () => number;
  readonly circumstances: Circumstances;
  readonly later: (milliseconds: number, task: () => void) => void;
  readonly closeDebugger: () => void;
  readonly log: typeof log;
  readonly exit: (status: number) => void;
}

const NOTHING_TO_RELOAD = "SIGHUP is ignored: there is no configuration to reload";

const EFFECTS: SignalEffects = {
  listen: (signal, listener) => Deno.addSignalListener(signal, listener),
  clock: () => performance.now(),
  circumstances: {
    isCompiled: Deno.build.standalone,
    hasTerminal: [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal()),
  },
  later: (milliseconds, task) => void setTimeout(task, milliseconds),
  closeDebugger: () =>
    void closeDebugger().catch((error) =>
      log("error", `Cannot close Deno's debugger on 127.0.0.1:9229: ${plainMessage(error)}`)
    ),
  log,
  exit: (status) => void exit(status),
};

/** From now on, no signal that has a meaning ends the program without a word. */
export function watchSignals(effects = EFFECTS): Signals {
  const { promise, resolve } = Promise.withResolvers<Signal>();
  let state = NO_SIGNAL_YET;
  /** What a reload does; undefined while that is not known yet. */
  let reload: (() => void) | undefined;
  let isReloadAsked = false;

  function receive(signal: Signal): void {
    const reaction = reactTo(signal, state, effects.clock(), effects.circumstances);
    state = reaction.state;
    const { action, message } = reaction;
    if (message !== undefined) effects.log(action === "drain" ? "info" : "warn", message);
    if (action === "drain") {
      resolve(signal);
      remindLater(signal);
    }
    if (action === "reload") reload === undefined ? isReloadAsked = true : reload();
    if (action === "stop at once") effects.exit(1);
    if (action === "close debugger") effects.closeDebugger();
  }

  function remindLater(signal: Signal): void {
    const reminder = reminderOf(signal);
    if (reminder === undefined) return;
    effects.later(REPEAT_COUNTS_AFTER_MS, () => effects.log("info", reminder));
  }

  for (const signal of SIGNALS) {
    try {
      effects.listen(signal, () => receive(signal));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // this system has no such signal
    }
  }
  return {
    drain: promise,
    get isDraining() {
      return state.drainingSince !== undefined;
    },
    onReload(action = () => effects.log("warn", NOTHING_TO_RELOAD)) {
      reload = action;
      if (isReloadAsked) action();
      isReloadAsked = false;
    },
  };
}
