/** The pool: gives each attempt its backend, and keeps the backends' health by what comes of it. */
import type { Attempt } from "./attempt.ts";
import type { Backend } from "../backends/backend.ts";
import { type Candidates, computeCandidates } from "./candidates.ts";
import { Counter } from "./counter.ts";
import { type AttemptReport, HealthMonitor, type HealthOptions } from "../health/monitor.ts";
import { ALL_FULL, type Answered, blamesBackend, type Failed, NO_BACKEND } from "../outcome.ts";
import type { Policy } from "../policies/policy.ts";
import type { RequestFacts } from "../request_facts.ts";
import { Selection } from "./selection.ts";
import type { Sticky } from "./sticky.ts";
import { type CellRecord, newRecord } from "../shared_memory/cells.ts";
import { POOL } from "../shared_memory/layout.ts";
import { mayTry } from "./trial.ts";

export interface PoolOptions extends HealthOptions {
  readonly backends: readonly Backend[];
  readonly policy: Policy;
  /** The pool's cells in the memory that workers share; by default its own. */
  readonly cells?: CellRecord<typeof POOL>;
  /** Ties clients to backends; undefined ties none. */
  readonly sticky?: Sticky | undefined;
  /** In milliseconds; never goes back, and is the same for all workers. */
  readonly clock: () => number;
  /** In milliseconds with fractions, from any origin; read only if the policy observes latencies. */
  readonly stopwatch: () => number;
  /** 0 up to 1. */
  readonly random: () => number;
  /** How long a reinstated backend's share grows, in milliseconds; 0 gives it all at once. */
  readonly slowStart: number;
  /** Requests that one backend may have in flight; Infinity sets no limit. */
  readonly backendMaxInFlight: number;
}

const NO_ATTEMPTS: readonly Attempt<unknown>[] = [];

/** Failures in a row from which on a backend counts as failing, if ejection.after is higher or off. */
const FAILING_AFTER = 5;

export class Pool {
  readonly backends: readonly Backend[];
  /** The clock that all its times are on, in milliseconds. */
  readonly clock: () => number;
  /** Measures attempts, in milliseconds with fractions; always 0 if the policy observes no latencies. */
  readonly stopwatch: () => number;
  readonly #policy: Policy;
  readonly #sticky: Sticky | undefined;
  readonly #selection: Selection;
  readonly #health: HealthMonitor;
  readonly #slowStart: number;
  readonly #maxInFlight: number;
  #candidates: Candidates;
  /** The generation of the health that the candidates were computed from. */
  #generation: number;

  constructor(options: PoolOptions) {
    const { backends, policy, sticky, random, slowStart, backendMaxInFlight } = options;
    const cells = options.cells ?? newRecord(POOL);
    this.backends = backends;
    this.clock = options.clock;
    this.stopwatch = policy.observe === undefined ? () => 0 : options.stopwatch;
    this.#policy = policy;
    this.#sticky = sticky;
    this.#slowStart = slowStart;
    this.#maxInFlight = backendMaxInFlight;
    this.#health = new HealthMonitor(backends, options, cells);
    this.#generation = this.#health.generation;
    this.#candidates = computeCandidates(backends, slowStart);
    this.#selection = new Selection({
      policy,
      counter: new Counter(cells.turn),
      sticky,
      random,
      maxInFlight: backendMaxInFlight,
      shares: {
        slowStart,
        prefersIdle: policy.prefersIdle ?? false,
        failingAfter: Math.min(options.ejection.after, FAILING_AFTER),
      },
    });
  }

  /** Whether any backend is usable: neither ejected nor found down by probes. */
  get usable(): boolean {
    return !this.#snapshot().inPanic;
  }

  /**
   * The backend for the next attempt, which counts as in flight there; undefined if none is left.
   *
   * @param tried the request's attempts so far
   * @param begunAt when the attempt begins, on the pool's clock. A trial begins at that very time: if it
   * began later, its own outcome would count as older than the trial.
   */
  next(
    request: RequestFacts,
    tried: readonly Attempt<unknown>[],
    begunAt: number = this.clock(),
  ): Backend | undefined {
    const candidates = this.#snapshot();
    const trial = tried.length === 0 ? this.#claimTrial(request, candidates, begunAt) : undefined;
    if (trial !== undefined) return trial;
    while (true) {
      const backend = this.#selection.select(request, tried, candidates, begunAt);
      // Another worker may have taken the last place since the backend was selected.
      if (backend === undefined || backend.acquire(this.#maxInFlight)) return backend;
    }
  }

  /** The Set-Cookie that ties a client to the backend that answered it; undefined if none is needed. */
  cookieFor(request: RequestFacts, backend: Backend): string | undefined {
    return this.#sticky?.cookieFor(request, backend);
  }

  /**
   * Whether a backend was ejected after an attempt began there, and others are left for its requests.
   *
   * Such an attempt began before the ejection could be known, and no more follow it. Its retry is a request
   * that the other backends would otherwise have got in the first place, so it is no retry storm.
   */
  hasEjectedSince(begunAt: number, { standing }: Backend): boolean {
    return standing.phase === "out" && begunAt <= standing.since && this.usable;
  }

  /** The outcome of a request if {@linkcode next} has no backend for its first attempt. */
  get unavailable(): Failed {
    return this.#snapshot().pickable.length === 0 ? NO_BACKEND : ALL_FULL;
  }

  /** Takes note of an attempt's outcome. An answered one stays in flight until {@linkcode end}. */
  report(
    request: RequestFacts,
    attempt: Pick<AttemptReport<Backend>, "backend" | "outcome"> & Partial<AttemptReport<Backend>>,
  ): void {
    const now = this.clock();
    const { backend, outcome, begunAt = now, number = 1, milliseconds = 0 } = attempt;
    backend.countAttempt();
    if (outcome.kind === "failed") {
      backend.release();
      if (blamesBackend(outcome)) backend.countFailure();
    }
    if (begunAt >= backend.standing.since) { // latencies from before an outage no longer count
      this.#policy.observe?.(backend, { request, outcome, milliseconds, now });
    }
    this.#health.report(request, { backend, outcome, begunAt, number, milliseconds }, now);
  }

  /**
   * Ends an attempt that was answered, when its response is over.
   *
   * @param broken why the response was cut short; undefined if it is complete, as far as is known
   */
  end(backend: Backend, answered: Answered<unknown>, broken?: Failed): void {
    backend.release();
    if (broken !== undefined && blamesBackend(broken)) backend.countFailure();
    this.#health.end(backend, answered, broken, this.clock());
  }

  /** Gives up the trials of a worker that has died. @param worker its number */
  abandon(worker: number): void {
    this.#health.abandon(worker, this.clock());
  }

  /** Takes note of a connect check's result. @param failed why it failed; undefined if it did not */
  checked(backend: Backend, failed: Failed | undefined): void {
    this.#health.checked(backend, failed, this.clock());
  }

  /** Takes note of a probe's result. @param reason in a few words, for the log */
  probed(backend: Backend, good: boolean, reason: string): void {
    this.#health.probed(backend, good, reason, this.clock());
  }

  /** There are no probes any more: backends that they found down are used again. */
  forgetProbes(): void {
    this.#health.forgetProbes(this.clock());
  }

  /** An ejected backend that this request tries, counted as in flight there; undefined if it tries none. */
  #claimTrial(request: RequestFacts, candidates: Candidates, now: number): Backend | undefined {
    if (candidates.ejected.length === 0) return undefined;
    const isTied = this.#selection.findTied(request, NO_ATTEMPTS, candidates) !== undefined;
    for (const backend of candidates.ejected) {
      if (!mayTry(backend.standing, request, isTied, this.#health.ejectionTime, now)) continue;
      if (!backend.acquire(this.#maxInFlight)) continue;
      if (this.#health.claimTrial(backend, now)) return backend;
      backend.release(); // another worker was quicker
    }
    return undefined;
  }

  /** The candidates, computed anew if any worker has changed the health of a backend. */
  #snapshot(): Candidates {
    const { generation } = this.#health;
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#candidates = computeCandidates(this.backends, this.#slowStart);
    }
    return this.#candidates;
  }
}
