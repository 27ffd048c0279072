/** Keeps the health of a pool's backends: what happens to them, and what is told of it. */
import type { Backend } from "../backend.ts";
import {
  type Answered,
  type Failed,
  FAILURES,
  mayHaveLeft,
  type Outcome,
  reasonOf,
} from "../outcome.ts";
import type { RequestFacts } from "../request_facts.ts";
import { type EjectionRules, type HealthEvent, transition } from "./ejection.ts";
import type { PoolEvent } from "./events.ts";
import { type ProbeRules, transition as transitionProbed } from "./state.ts";

export interface HealthOptions {
  readonly ejection: EjectionRules;
  /** The share of a pool, 0 to 1, that failures after a connection was made may eject. Failed connects
   * are not capped: who cannot be connected to serves nobody. */
  readonly ejectMax: number;
  /** Whether an answer of 500 to 599 is a failure of its backend. */
  readonly ejectOn5xx: boolean;
  readonly probes: ProbeRules;
  /** Told of each change. */
  readonly onEvent?: (event: PoolEvent) => void;
}

/** How long `fails` is not told again of the same backend, in milliseconds. */
const TELL_AGAIN_AFTER = 60_000;

/** Shares such as 0.29 do not multiply exactly. */
const ROUNDING = 1e-9;

const COMPLETED: HealthEvent = { kind: "completed" };
const NOTHING_LEARNT: HealthEvent = { kind: "nothing learnt" };

/** What was told of a backend, so that it is not told again. */
interface Told {
  failing: boolean;
  at: number;
  spared: boolean;
}

/** What is told of one attempt. */
export interface Report {
  readonly backend: Backend;
  readonly outcome: Outcome<unknown>;
  /** When it began, on the pool's clock. */
  readonly begunAt: number;
  /** Which attempt of its request it was, from 1. */
  readonly number: number;
}

export class Health {
  /** How many backends get requests as a matter of course. */
  usable: number;
  readonly #backends: readonly Backend[];
  readonly #options: HealthOptions;
  /** Called when it has changed who is usable or out. */
  readonly #onChange: () => void;
  readonly #told = new Map<Backend, Told>();

  constructor(backends: readonly Backend[], options: HealthOptions, onChange: () => void) {
    this.#backends = backends;
    this.#options = options;
    this.#onChange = onChange;
    this.usable = this.#countUsable();
  }

  /** For how long a backend is ejected first, in milliseconds. */
  get ejectionTime(): number {
    return this.#options.ejection.time;
  }

  /** An attempt has failed, or its answer has begun. */
  report(request: RequestFacts, { backend, outcome, begunAt, number }: Report, now: number): void {
    const isOld = begunAt < backend.standing.since;
    if (outcome.kind === "answered") {
      if (isOld && this.usable > 0) return;
      if (this.#isError(outcome)) this.#fail(backend, `answered ${outcome.status}`, false, now);
      else if (backend.standing.phase !== "in") {
        this.#apply(backend, { kind: "answered", inPanic: this.usable === 0 }, "", now);
      }
    } else if (isOld) {
      return;
    } else if (isBlameless(request, outcome, number)) {
      this.#apply(backend, NOTHING_LEARNT, "", now);
    } else {
      this.#fail(backend, reasonOf(outcome), isUnreachable(outcome), now);
    }
  }

  /** A response is over. @param broken why it is not whole */
  end(
    backend: Backend,
    answered: Answered<unknown>,
    broken: Failed | undefined,
    now: number,
  ): void {
    if (broken === undefined) { // it came as a whole
      if (!this.#isError(answered)) this.#apply(backend, COMPLETED, "", now);
    } else if (FAILURES[broken.failure].blamesBackend) {
      this.#fail(backend, reasonOf(broken), false, now);
    }
  }

  /** A request goes there to see whether it is back. */
  tries(backend: Backend, now: number): void {
    this.#apply(backend, { kind: "tried" }, "", now);
  }

  /** A probe is over. */
  probed(backend: Backend, good: boolean, reason: string, now: number): void {
    const before = backend.probed;
    backend.probed = transitionProbed(before, good, this.#options.probes);
    if (backend.probed.up === before.up) return;
    this.#tell({ kind: good ? "up" : "down", backend, reason });
    if (good) {
      backend.standing = transition(backend.standing, { kind: "recovered" }, now, this.#rules);
      backend.latency = undefined;
    }
    this.#changed(now);
  }

  #fail(backend: Backend, reason: string, unreachable: boolean, now: number): void {
    const spared = !unreachable && !this.#mayEjectOneMore();
    this.#apply(backend, { kind: "failed", unreachable, spared }, reason, now);
  }

  #apply(backend: Backend, event: HealthEvent, reason: string, now: number): void {
    const before = backend.standing;
    const after = transition(before, event, now, this.#rules);
    if (after === before) return;
    backend.standing = after;
    this.#tellOf(backend, event, before.phase, reason, now);
    if (after.phase === before.phase) return;
    if (after.phase === "in") backend.latency = undefined; // how it was before is over with the outage
    this.#changed(now);
  }

  #tellOf(
    backend: Backend,
    event: HealthEvent,
    before: "in" | "out" | "trial",
    reason: string,
    now: number,
  ): void {
    const { phase, failures, dueAt } = backend.standing;
    const told = this.#toldOf(backend);
    if (phase === "in" && before !== "in") {
      told.failing = told.spared = false;
      this.#tell({ kind: "reinstated", backend });
    } else if (phase === "out" && event.kind === "failed") {
      told.failing = false;
      this.#tell({ kind: "ejected", backend, reason, failures, milliseconds: dueAt - now });
    } else if (phase === "in" && failures === 0) {
      if (told.failing) this.#tell({ kind: "answers", backend });
      told.failing = told.spared = false;
    } else if (phase === "in" && failures === 1 && now - told.at >= TELL_AGAIN_AFTER) {
      told.failing = true;
      told.at = now;
      this.#tell({ kind: "fails", backend, reason });
    } else if (phase === "in" && failures >= this.#rules.after && !told.spared) {
      told.spared = true;
      this.#tell({ kind: "spared", backend, reason });
    }
  }

  #isError({ status }: Answered<unknown>): boolean {
    return status >= 500 && this.#options.ejectOn5xx;
  }

  #mayEjectOneMore(): boolean {
    const out = this.#backends.filter(({ standing: { phase, unreachable } }) =>
      phase !== "in" && !unreachable
    );
    return out.length + 1 <= this.#backends.length * this.#options.ejectMax + ROUNDING;
  }

  #changed(now: number): void {
    const before = this.usable;
    this.usable = this.#countUsable();
    if (before > 0 && this.usable === 0) this.#tell({ kind: "panic" });
    if (before === 0 && this.usable > 0) {
      this.#tell({ kind: "calm" });
      // What had hit all of them is over, and the first one back must not be left alone with everything.
      for (const backend of this.#backends) {
        backend.standing = transition(backend.standing, { kind: "due" }, now, this.#rules);
      }
    }
    this.#onChange();
  }

  #countUsable(): number {
    return this.#backends.filter((backend) => backend.usable).length;
  }

  get #rules(): EjectionRules {
    return this.#options.ejection;
  }

  #toldOf(backend: Backend): Told {
    let told = this.#told.get(backend);
    if (told === undefined) {
      this.#told.set(backend, told = { failing: false, at: -Infinity, spared: false });
    }
    return told;
  }

  #tell(event: PoolEvent): void {
    this.#options.onEvent?.(event);
  }
}

/** Whether an attempt that failed says nothing of its backend. */
function isBlameless(request: RequestFacts, failed: Failed, number: number): boolean {
  if (request.clientGone || !FAILURES[failed.failure].blamesBackend) return true;
  // Out of time, a later attempt had only what earlier ones left of it, and an upload's client took some.
  return request.expired && (number > 1 || request.hasUpload || !mayHaveLeft(failed));
}

/** Whether there was no connection at all; one that broke before a byte left was there. */
function isUnreachable({ failure }: Failed): boolean {
  return !FAILURES[failure].mayHaveLeft;
}
