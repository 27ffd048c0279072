/**
 * Keeps the health of a pool's backends: applies what is found out about them, and announces changes.
 *
 * All workers share the health. Each change is decided and made by one worker at a time, under a lock;
 * most requests change nothing and take no lock.
 */
import { type Answered, type Failed, FAILURES, formatFailure, type Outcome } from "../outcome.ts";
import type { RequestFacts } from "../request_facts.ts";
import type { CellRecord } from "../shared_memory/cells.ts";
import { Lock } from "../shared_memory/lock.ts";
import type { POOL } from "../shared_memory/layout.ts";
import { announce, type Change } from "./announcements.ts";
import { assessAttempt, assessResponse, type Finding } from "./blame.ts";
import {
  type EjectionRules,
  type HealthEvent,
  isTrialDue,
  isUnreachable,
  transition,
} from "./ejection.ts";
import type { PoolEvent } from "./events.ts";
import { applyProbe, type ProbeRules, UNPROBED } from "./probe_state.ts";
import type { HealthState, MonitoredBackend } from "./state.ts";

export interface HealthOptions {
  readonly ejection: EjectionRules;
  /** The share of a pool, 0 to 1, that may be ejected for failures after a connection was made. Backends
   * that cannot be connected to do not count: keeping them in use would help no request. */
  readonly ejectMax: number;
  /** Whether an answer of 500 to 599 is a failure of its backend. */
  readonly ejectOn5xx: boolean;
  readonly probes: ProbeRules;
  /** The number of this worker; by default 0. */
  readonly worker?: number;
  /** Called with each change that is announced, by the worker that makes it. */
  readonly onEvent?: (event: PoolEvent) => void;
}

/** Shares such as 0.29 do not multiply exactly. */
const ROUNDING_ERROR = 1e-9;

/** What is reported of one attempt. */
export interface AttemptReport<Monitored extends MonitoredBackend = MonitoredBackend> {
  readonly backend: Monitored;
  readonly outcome: Outcome<unknown>;
  /** When it began, on the pool's clock. */
  readonly begunAt: number;
  /** Which attempt of its request it was, from 1. */
  readonly number: number;
  /** How long it took until it failed, or its response began. */
  readonly milliseconds: number;
}

export class HealthMonitor {
  readonly #backends: readonly MonitoredBackend[];
  readonly #options: HealthOptions;
  readonly #cells: Pick<CellRecord<typeof POOL>, "lock" | "generation">;
  readonly #lock: Lock;

  /** @param cells of the memory that workers share */
  constructor(
    backends: readonly MonitoredBackend[],
    options: HealthOptions,
    cells: Pick<CellRecord<typeof POOL>, "lock" | "generation">,
  ) {
    this.#backends = backends;
    this.#options = options;
    this.#cells = cells;
    this.#lock = new Lock(cells.lock);
  }

  /** Changes each time that any worker changes which backends are usable, ejected or unreachable. */
  get generation(): number {
    return this.#cells.generation.value;
  }

  /** How long a backend's first ejection lasts, in milliseconds. */
  get ejectionTime(): number {
    return this.#options.ejection.time;
  }

  /** An attempt has failed, or its response has begun. */
  report(request: RequestFacts, report: AttemptReport, now: number): void {
    const { backend, outcome, number, begunAt } = report;
    const finding = assessAttempt(request, outcome, number, this.#options.ejectOn5xx);
    const { standing } = backend;
    if (finding.kind === "answered" && standing.phase === "in" && !isUnreachable(standing)) return;
    this.#learn(backend, finding, begunAt, now);
  }

  /** A response is over. @param broken why it was cut short; undefined if it is complete */
  end(
    backend: MonitoredBackend,
    answered: Answered<unknown>,
    broken: Failed | undefined,
    now: number,
  ): void {
    const finding = assessResponse(answered, broken, this.#options.ejectOn5xx);
    if (finding === undefined) return;
    if (finding.kind === "completed" && backend.standing.failures === 0) return;
    this.#learn(backend, finding, Infinity, now);
  }

  /** Makes a request the trial of a backend. @returns false if another request already is */
  claimTrial(backend: MonitoredBackend, now: number): boolean {
    const event: HealthEvent = { kind: "trial started", worker: this.#options.worker ?? 0 };
    return this.#apply(backend, () => isTrialDue(backend.standing, now) ? event : undefined, now);
  }

  /** Gives up the trials of a worker that has died. */
  abandon(worker: number, now: number): void {
    for (const backend of this.#backends) {
      this.#apply(backend, () => ({ kind: "worker died", worker }), now);
    }
  }

  /** A connect check is over. @param failed why there was no connection; undefined if there was one */
  checked(backend: MonitoredBackend, failed: Failed | undefined, now: number): void {
    if (failed !== undefined && !FAILURES[failed.failure].blamesBackend) return;
    const event: HealthEvent = failed === undefined
      ? { kind: "connected" }
      : { kind: "failed", unreachable: true, reason: formatFailure(failed) };
    this.#apply(backend, () => isUnreachable(backend.standing) ? event : undefined, now);
  }

  /** A probe is over. */
  probed(backend: MonitoredBackend, good: boolean, reason: string, now: number): void {
    const { probes } = this.#options;
    if (applyProbe(backend.probed, good, probes) === backend.probed) return;
    const events = this.#lock.hold(() => {
      const before = backend.state;
      const probed = applyProbe(before.probed, good, probes);
      if (probed.up === before.probed.up) return this.#commit(backend, { ...before, probed }, now);
      const standing = good
        ? transition(before.standing, { kind: "recovered" }, now, this.#rules)
        : before.standing;
      const event: PoolEvent = { kind: good ? "up" : "down", backend: backend.id, reason };
      return [event, ...this.#commit(backend, { ...before, probed, standing }, now)];
    });
    this.#emit(events);
  }

  /** There are no probes any more: what they found is not known to be true any longer. */
  forgetProbes(now: number): void {
    const events = this.#lock.hold(() =>
      this.#backends.flatMap((backend): readonly PoolEvent[] => {
        const { state } = backend;
        if (state.probed.up) return [];
        const event: PoolEvent = { kind: "up", backend: backend.id, reason: "there are none" };
        return [event, ...this.#commit(backend, { ...state, probed: UNPROBED }, now)];
      })
    );
    this.#emit(events);
  }

  /** @param begunAt when that began which the finding is about; Infinity if it is about now */
  #learn(backend: MonitoredBackend, finding: Finding, begunAt: number, now: number): void {
    this.#apply(backend, () => this.#toEvent(backend, finding, begunAt), now);
  }

  /** @returns undefined if the finding is about the time before the backend entered its phase */
  #toEvent(
    { standing }: MonitoredBackend,
    finding: Finding,
    begunAt: number,
  ): HealthEvent | undefined {
    const isOld = begunAt < standing.since;
    if (finding.kind === "answered") {
      // In use, it can only show that the backend is reachable again.
      if (standing.phase === "in" && begunAt <= standing.unreachableSince) return undefined;
      const inPanic = this.#countUsable() === 0;
      return isOld && !inPanic ? undefined : { kind: "answered", inPanic };
    }
    if (isOld) return undefined;
    if (finding.kind !== "failed") return finding;
    return { ...finding, atEjectMax: !finding.unreachable && !this.#mayEjectOneMore() };
  }

  /**
   * Applies an event to a backend's standing.
   *
   * @param decide what happens; undefined if nothing does. Called again under the lock, as another worker
   * may have changed the standing meanwhile.
   * @returns whether the standing has changed
   */
  #apply(
    backend: MonitoredBackend,
    decide: () => HealthEvent | undefined,
    now: number,
  ): boolean {
    if (this.#changeBy(backend, decide(), now) === undefined) return false;
    const events = this.#lock.hold(() => {
      const change = this.#changeBy(backend, decide(), now);
      if (change === undefined) return undefined;
      const { probed, announced: before } = backend.state;
      const { event, announced } = announce(backend.id, change, before, this.#rules.after);
      const more = this.#commit(backend, { probed, standing: change.after, announced }, now);
      return event === undefined ? more : [event, ...more];
    });
    if (events === undefined) return false;
    this.#emit(events);
    return true;
  }

  #changeBy(
    { standing: before }: MonitoredBackend,
    event: HealthEvent | undefined,
    now: number,
  ): Change | undefined {
    if (event === undefined) return undefined;
    const after = transition(before, event, now, this.#rules);
    return after === before ? undefined : { event, before, after, now };
  }

  /** Writes a backend's state, under the lock. @returns what that means for the pool as a whole */
  #commit(backend: MonitoredBackend, state: HealthState, now: number): readonly PoolEvent[] {
    const { state: before } = backend;
    if (isSameAvailability(before, state)) {
      backend.state = state;
      if (isUnreachable(before.standing) !== isUnreachable(state.standing)) {
        this.#cells.generation.add(1);
      }
      return [];
    }
    const usableBefore = this.#countUsable();
    const wasUsable = backend.usable;
    backend.state = state;
    if (backend.usable && !wasUsable) backend.forgetLatency();
    const events = this.#followUp(usableBefore, now);
    this.#cells.generation.add(1);
    return events;
  }

  /** Begins or ends a panic. @param usableBefore how many backends were usable before the change */
  #followUp(usableBefore: number, now: number): readonly PoolEvent[] {
    const usable = this.#countUsable();
    if (usableBefore > 0 && usable === 0) return [{ kind: "panic" }];
    if (usableBefore > 0 || usable === 0) return [];
    // The first backend that is back must not be left alone with all requests: the others get a trial.
    for (const backend of this.#backends) {
      const standing = transition(backend.standing, { kind: "panic over" }, now, this.#rules);
      if (standing !== backend.standing) backend.state = { ...backend.state, standing };
    }
    return [{ kind: "calm" }];
  }

  #countUsable(): number {
    return this.#backends.filter((backend) => backend.usable).length;
  }

  #mayEjectOneMore(): boolean {
    const ejected = this.#backends.filter(({ standing: { phase, ejectedAsUnreachable } }) =>
      phase !== "in" && !ejectedAsUnreachable
    );
    return ejected.length + 1 <= this.#backends.length * this.#options.ejectMax + ROUNDING_ERROR;
  }

  get #rules(): EjectionRules {
    return this.#options.ejection;
  }

  #emit(events: readonly PoolEvent[]): void {
    for (const event of events) this.#options.onEvent?.(event);
  }
}

function isSameAvailability(one: HealthState, other: HealthState): boolean {
  return one.standing.phase === other.standing.phase && one.probed.up === other.probed.up;
}
