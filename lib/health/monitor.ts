/**
 * Keeps the health of a pool's backends: what happens to them, and what is told of it.
 *
 * All workers keep it together. So each change is made by one alone, and is decided on what stands there
 * by then; most requests change nothing, and wait for nobody.
 */
import {
  type Answered,
  type Failed,
  FAILURES,
  mayHaveLeft,
  type Outcome,
  reasonOf,
} from "../outcome.ts";
import type { RequestFacts } from "../request_facts.ts";
import type { CellRecord } from "../shared_memory/cells.ts";
import { Lock } from "../shared_memory/lock.ts";
import type { POOL } from "../shared_memory/layout.ts";
import { type EjectionRules, type HealthEvent, isTrialDue, transition } from "./ejection.ts";
import type { PoolEvent } from "./events.ts";
import type { HealthTarget, State } from "./state.ts";
import { type ProbeRules, transition as transitionProbed } from "./probe_state.ts";
import { announce, type Change } from "./announcements.ts";

export interface HealthOptions {
  readonly ejection: EjectionRules;
  /** The share of a pool, 0 to 1, that failures after a connection was made may eject. Failed connects
   * are not capped: who cannot be connected to serves nobody. */
  readonly ejectMax: number;
  /** Whether an answer of 500 to 599 is a failure of its backend. */
  readonly ejectOn5xx: boolean;
  readonly probes: ProbeRules;
  /** The number of this worker; by default 0. */
  readonly worker?: number;
  /** Told of each change, by whichever worker makes it. */
  readonly onEvent?: (event: PoolEvent) => void;
}

/** Shares such as 0.29 do not multiply exactly. */
const ROUNDING_ERROR = 1e-9;

/** What is told of one attempt. */
export interface AttemptReport<Target extends HealthTarget = HealthTarget> {
  readonly backend: Target;
  readonly outcome: Outcome<unknown>;
  /** When it began, on the pool's clock. */
  readonly begunAt: number;
  /** Which attempt of its request it was, from 1. */
  readonly number: number;
  /** From its beginning until it failed, or its answer began. */
  readonly milliseconds: number;
}

export class HealthMonitor {
  readonly #backends: readonly HealthTarget[];
  readonly #options: HealthOptions;
  readonly #cells: Pick<CellRecord<typeof POOL>, "lock" | "generation">;
  readonly #lock: Lock;

  /** @param cells of the memory that workers share */
  constructor(
    backends: readonly HealthTarget[],
    options: HealthOptions,
    cells: Pick<CellRecord<typeof POOL>, "lock" | "generation">,
  ) {
    this.#backends = backends;
    this.#options = options;
    this.#cells = cells;
    this.#lock = new Lock(cells.lock);
  }

  /** Another number each time that anybody has changed who is usable, or out. */
  get generation(): number {
    return this.#cells.generation.value;
  }

  /** How many backends get requests as a matter of course. */
  get usable(): number {
    return this.#backends.filter((backend) => backend.usable).length;
  }

  /** For how long a backend is ejected first, in milliseconds. */
  get ejectionTime(): number {
    return this.#options.ejection.time;
  }

  /** An attempt has failed, or its answer has begun. */
  report(request: RequestFacts, report: AttemptReport, now: number): void {
    const { backend, outcome, number } = report;
    if (outcome.kind === "answered") {
      if (this.#isError(outcome)) this.#fail(report, `answered ${outcome.status}`, false, now);
      else if (backend.standing.phase !== "in") this.#answered(report, now);
    } else if (isBlameless(request, outcome, number)) {
      this.#transition(backend, () => isOld(report) ? undefined : { kind: "nothing learnt" }, now);
    } else {
      this.#fail(report, reasonOf(outcome), isUnreachable(outcome), now);
    }
  }

  /** A response is over. @param broken why it is not whole */
  end(
    backend: HealthTarget,
    answered: Answered<unknown>,
    broken: Failed | undefined,
    now: number,
  ): void {
    if (broken === undefined) { // it came as a whole
      const isNews = backend.standing.failures > 0 && !this.#isError(answered);
      if (isNews) this.#transition(backend, () => ({ kind: "completed" }), now);
    } else if (FAILURES[broken.failure].blamesBackend) {
      this.#fail({ backend }, reasonOf(broken), false, now);
    }
  }

  /** A request goes there to see whether it is back. @returns whether no other one does already */
  claimTrial(backend: HealthTarget, now: number): boolean {
    const event: HealthEvent = { kind: "tried", worker: this.#options.worker ?? 0 };
    return this.#transition(
      backend,
      () => isTrialDue(backend.standing, now) ? event : undefined,
      now,
    );
  }

  /** A worker has died: what it tried says nothing any more. */
  abandon(worker: number, now: number): void {
    for (const backend of this.#backends) {
      this.#transition(backend, () => ({ kind: "abandoned", worker }), now);
    }
  }

  /** A probe is over. */
  probed(backend: HealthTarget, good: boolean, reason: string, now: number): void {
    const { probes } = this.#options;
    if (transitionProbed(backend.probed, good, probes) === backend.probed) return;
    const told = this.#lock.hold(() => {
      const before = backend.state;
      const probed = transitionProbed(before.probed, good, probes);
      if (probed.up === before.probed.up) return this.#commit(backend, { ...before, probed }, now);
      const standing = good
        ? transition(before.standing, { kind: "recovered" }, now, this.#rules)
        : before.standing;
      const news: PoolEvent = { kind: good ? "up" : "down", backend: backend.id, reason };
      return [news, ...this.#commit(backend, { ...before, probed, standing }, now)];
    });
    this.#tell(told);
  }

  #answered(report: AttemptReport, now: number): void {
    this.#transition(report.backend, () => {
      const inPanic = this.usable === 0;
      return isOld(report) && !inPanic ? undefined : { kind: "answered", inPanic };
    }, now);
  }

  /** @param report without a time where it is a response that broke, and not an attempt that failed */
  #fail(
    report: Pick<AttemptReport, "backend"> & Partial<AttemptReport>,
    reason: string,
    unreachable: boolean,
    now: number,
  ): void {
    this.#transition(
      report.backend,
      () => {
        if (isOld(report)) return undefined;
        return { kind: "failed", unreachable, spared: !unreachable && !this.#mayEjectOneMore() };
      },
      now,
      reason,
    );
  }

  /**
   * Lets something happen to a backend's standing.
   *
   * @param happens what; undefined where it is nothing. Asked again once nobody else can change anything.
   * @returns whether it made a difference
   */
  #transition(
    backend: HealthTarget,
    happens: () => HealthEvent | undefined,
    now: number,
    reason = "",
  ): boolean {
    const change = (): Change | undefined => {
      const event = happens();
      const before = backend.standing;
      const after = event === undefined ? before : transition(before, event, now, this.#rules);
      return event === undefined || after === before
        ? undefined
        : { event, before, after, reason, now };
    };
    if (change() === undefined) return false;
    const told = this.#lock.hold(() => {
      const made = change();
      if (made === undefined) return undefined;
      const { probed, announced } = backend.state;
      const news = announce(backend.id, made, announced, this.#rules.after);
      const more = this.#commit(
        backend,
        { probed, standing: made.after, announced: news.announced },
        now,
      );
      return news.event === undefined ? more : [news.event, ...more];
    });
    if (told !== undefined) this.#tell(told);
    return told !== undefined;
  }

  /** Writes down where a backend stands, alone. @returns what follows from it for all of them */
  #commit(backend: HealthTarget, state: State, now: number): readonly PoolEvent[] {
    if (isSameAvailability(backend.state, state)) {
      backend.state = state;
      return [];
    }
    const { usable } = this;
    const wasUsable = backend.usable;
    backend.state = state;
    if (backend.usable && !wasUsable) backend.forgetLatency(); // how it was is over with the outage
    const events = this.#afterChange(usable, now);
    this.#cells.generation.add(1);
    return events;
  }

  #afterChange(usableBefore: number, now: number): readonly PoolEvent[] {
    const { usable } = this;
    if (usableBefore > 0 && usable === 0) return [{ kind: "panic" }];
    if (usableBefore > 0 || usable === 0) return [];
    // What had hit all of them is over, and the first one back must not be left alone with everything.
    for (const backend of this.#backends) {
      const standing = transition(backend.standing, { kind: "due" }, now, this.#rules);
      if (standing !== backend.standing) backend.state = { ...backend.state, standing };
    }
    return [{ kind: "calm" }];
  }

  #isError({ status }: Answered<unknown>): boolean {
    return status >= 500 && this.#options.ejectOn5xx;
  }

  #mayEjectOneMore(): boolean {
    const out = this.#backends.filter(({ standing: { phase, unreachable } }) =>
      phase !== "in" && !unreachable
    );
    return out.length + 1 <= this.#backends.length * this.#options.ejectMax + ROUNDING_ERROR;
  }

  get #rules(): EjectionRules {
    return this.#options.ejection;
  }

  #tell(events: readonly PoolEvent[]): void {
    for (const event of events) this.#options.onEvent?.(event);
  }
}

/** What happened before the backend came to stand where it does says nothing of it any more. */
function isOld(
  { backend, begunAt = Infinity }: Pick<AttemptReport, "backend"> & Partial<AttemptReport>,
): boolean {
  return begunAt < backend.standing.since;
}

/** Whether both are usable or not, and out or not, alike. */
function isSameAvailability(one: State, other: State): boolean {
  return one.standing.phase === other.standing.phase && one.probed.up === other.probed.up;
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
