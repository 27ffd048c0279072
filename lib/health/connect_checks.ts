/**
 * Connect checks: when to look whether a backend that is known to be unreachable can be connected to again.
 *
 * No request has to find that out, so no client waits for it, and a backend that is back is found as soon
 * without requests as with a thousand a second. (Finagle's "fail fast" does the same.) The first checks come
 * soon, as a restart is often over in a moment. After that there is about one a second for each backend, but
 * no more than a limit for all of them.
 */
import type { Failed } from "../outcome.ts";
import { isUnreachable } from "./ejection.ts";
import type { MonitoredBackend } from "./state.ts";

/** The pause before the first check; it doubles with each check that fails. */
const FIRST_PAUSE_MS = 100;

/** The longest pause, unless {@linkcode MAX_PER_SECOND} makes it longer. */
const LONGEST_PAUSE_MS = 1_000;

/** Checks a second, over all unreachable backends: they take 3 % of a core. */
const MAX_PER_SECOND = 250;

/** The share by which a pause varies, so that backends that failed together are not checked together. */
const JITTER = 0.25;

/** Checks under way at the same time: each takes a file descriptor, for timeouts.connect if no answer comes. */
export const MAX_RUNNING_CHECKS = 100;

/**
 * The pause before a check, in milliseconds.
 *
 * @param failed checks of this backend so far
 * @param unreachable how many backends are
 * @param random 0 up to 1
 */
export function checkPause(failed: number, unreachable: number, random: () => number): number {
  const longest = Math.max(LONGEST_PAUSE_MS, unreachable * 1_000 / MAX_PER_SECOND);
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** failed, longest);
  return pause * (1 - JITTER + 2 * JITTER * random());
}

export interface ConnectCheckOptions<Monitored extends MonitoredBackend> {
  /** Those that there are at the moment. */
  readonly backends: () => readonly Monitored[];
  /**
   * Makes a connection to a backend, and closes it.
   *
   * @param done to be called once, later: why there was no connection; undefined if there was one
   */
  readonly connect: (backend: Monitored, done: (failed: Failed | undefined) => void) => void;
  /** Called with the result of each check. */
  readonly onCheck: (backend: Monitored, failed: Failed | undefined) => void;
  /** In milliseconds. */
  readonly now: () => number;
  /** 0 up to 1. */
  readonly random: () => number;
}

/** The checks of one unreachable backend. */
interface Checks {
  failed: number;
  /** When the next one is due; Infinity while one is under way. */
  dueAt: number;
}

export class ConnectChecks<Monitored extends MonitoredBackend> {
  readonly #options: ConnectCheckOptions<Monitored>;
  /** By the uids of their backends. */
  readonly #checks = new Map<number, Checks>();
  #running = 0;

  constructor(options: ConnectCheckOptions<Monitored>) {
    this.#options = options;
  }

  /** How many are under way. */
  get running(): number {
    return this.#running;
  }

  /** When the next one is due, in milliseconds; Infinity if none is, as far as the last tick knew. */
  get dueAt(): number {
    let earliest = Infinity;
    for (const { dueAt } of this.#checks.values()) earliest = Math.min(earliest, dueAt);
    return earliest;
  }

  /** Begins the checks that are due: to be called with each tick of the clock. */
  tick(): void {
    const { backends, now, random } = this.#options;
    const time = now();
    const due: [Monitored, Checks][] = [];
    const unreachable = new Set<number>();
    for (const backend of backends()) {
      if (!isUnreachable(backend.standing)) continue;
      unreachable.add(backend.uid);
      const checks = this.#checks.get(backend.uid);
      if (checks === undefined) {
        this.#checks.set(backend.uid, {
          failed: 0,
          dueAt: time + checkPause(0, this.#checks.size, random),
        });
      } else if (checks.dueAt <= time) {
        due.push([backend, checks]);
      }
    }
    for (const [uid, { dueAt }] of this.#checks) {
      if (!unreachable.has(uid) && dueAt !== Infinity) this.#checks.delete(uid);
    }
    // If there are too many, those that have waited longest come first.
    due.sort(([, one], [, other]) => one.dueAt - other.dueAt);
    for (const [backend, checks] of due.slice(0, MAX_RUNNING_CHECKS - this.#running)) {
      this.#begin(backend, checks);
    }
  }

  #begin(backend: Monitored, checks: Checks): void {
    const { connect, onCheck, now, random } = this.#options;
    this.#running++;
    checks.dueAt = Infinity;
    connect(backend, (failed) => {
      this.#running--;
      checks.dueAt = now() + checkPause(++checks.failed, this.#checks.size, random);
      onCheck(backend, failed);
    });
  }
}
