/** The pool: the backends, which of them are usable, and the policy that picks among those. */
import type { Attempt } from "./attempt.ts";
import type { Backend } from "../backends/backend.ts";
import { Counter } from "./counter.ts";
import { isTrialDue, slowStartShare } from "../health/ejection.ts";
import { type AttemptReport, HealthMonitor, type HealthOptions } from "../health/monitor.ts";
import { ALL_FULL, type Answered, type Failed, NO_BACKEND } from "../outcome.ts";
import type { Policy } from "../policies/policy.ts";
import type { RequestFacts } from "../request_facts.ts";
import { isIdempotent } from "../retry.ts";
import type { Sticky } from "./sticky.ts";
import { weightClasses } from "../backends/weight_classes.ts";
import { type CellRecord, newRecord } from "../shared_memory/cells.ts";
import { POOL } from "../shared_memory/layout.ts";

export interface PoolOptions extends HealthOptions {
  readonly backends: readonly Backend[];
  readonly policy: Policy;
  /** Of the memory that workers share; by default its own. */
  readonly cells?: CellRecord<typeof POOL>;
  /** Ties clients to backends; undefined ties none. */
  readonly sticky?: Sticky | undefined;
  /** In milliseconds, and never going back; one for all workers. */
  readonly clock: () => number;
  /** In milliseconds and parts of them, on any scale; asked only where the policy observes. */
  readonly stopwatch: () => number;
  /** 0 up to 1. */
  readonly random: () => number;
  /** How long the share of a backend that is back grows, in milliseconds; 0 gives all at once. */
  readonly slowStart: number;
  /** Requests that one backend may have in flight; Infinity sets no limit. */
  readonly backendMaxInFlight: number;
}

const NO_ATTEMPTS: readonly Attempt<unknown>[] = [];

/** Failures in a row that are no chance, where EJECT_AFTER says more, or off. */
const MANY_FAILURES = 5;

export class Pool {
  readonly backends: readonly Backend[];
  /** What its times are measured on. */
  readonly clock: () => number;
  /** What attempts are measured with, in milliseconds; it stands still where nobody wants to know. */
  readonly stopwatch: () => number;
  readonly #policy: Policy;
  readonly #counter: Counter;
  readonly #sticky: Sticky | undefined;
  readonly #random: () => number;
  readonly #slowStart: number;
  readonly #maxInFlight: number;
  /** Failures in a row that make a backend suspect, whether they eject it or not. */
  readonly #manyFailures: number;
  readonly #health: HealthMonitor;
  /** What the health of the backends was when they were sorted last. */
  #generation = NaN;
  #usable = true;
  /** What first attempts are picked from: the usable backends, or all where none is. */
  #candidates: readonly Backend[] = [];
  #cycle = 1;
  /** Those out of use that may be tried once their time is over. */
  #ejected: readonly Backend[] = [];
  /** Until when some backend is in slow start. */
  #slowUntil = -Infinity;

  constructor(options: PoolOptions) {
    const { backends, policy, cells = newRecord(POOL) } = options;
    this.backends = backends;
    this.#policy = policy;
    this.#counter = new Counter(cells.turn);
    this.#sticky = options.sticky;
    this.clock = options.clock;
    this.stopwatch = policy.observe === undefined ? () => 0 : options.stopwatch;
    this.#random = options.random;
    this.#slowStart = options.slowStart;
    this.#maxInFlight = options.backendMaxInFlight;
    this.#manyFailures = Math.min(options.ejection.after, MANY_FAILURES);
    this.#health = new HealthMonitor(backends, options, cells);
  }

  /** Whether any backend gets requests as a matter of course. */
  get usable(): boolean {
    this.#refresh();
    return this.#usable;
  }

  /**
   * The backend for the next attempt, with one more in flight; undefined where none may be tried.
   *
   * Only a request's first attempt takes a turn. If retries did too, then while one of three backends
   * is down its turns would always push the same neighbour: 75 % to one, 25 % to the other.
   *
   * @param begunAt when the attempt begins, on the pool's clock: a trial begins at that very time, or its
   * own outcome would count as one from before it
   */
  next(
    request: RequestFacts,
    tried: readonly Attempt<unknown>[],
    begunAt: number = this.clock(),
  ): Backend | undefined {
    this.#refresh();
    const trial = tried.length === 0 ? this.#trial(request, begunAt) : undefined;
    if (trial !== undefined) return trial;
    while (true) {
      const backend = this.#stickyBackend(request, tried) ??
        this.#selectUntried(request, tried, begunAt);
      // Another worker may have taken the last place there since it was picked.
      if (backend === undefined || backend.acquire(this.#maxInFlight)) return backend;
    }
  }

  /** The Set-Cookie that ties a client to the backend that answered it; undefined where none is needed. */
  cookieFor(request: RequestFacts, backend: Backend): string | undefined {
    return this.#sticky?.cookieFor(request, backend);
  }

  /**
   * Whether a backend was ejected since an attempt began there, with others left to take its requests.
   *
   * Such attempts were sent before anybody could know, and no more are: so what comes back failed is no
   * more than the others would have got anyway, and only this once.
   */
  hasEjectedSince(begunAt: number, { standing }: Backend): boolean {
    return standing.phase === "out" && begunAt <= standing.since && this.usable;
  }

  /** What a request comes to that no backend may be tried for. */
  get unavailable(): Failed {
    return this.backends.length === 0 ? NO_BACKEND : ALL_FULL;
  }

  /** Takes note of what an attempt came to. One that was answered stays in flight until it ends. */
  report(
    request: RequestFacts,
    attempt: Pick<AttemptReport<Backend>, "backend" | "outcome"> & Partial<AttemptReport<Backend>>,
  ): void {
    const now = this.clock();
    const { backend, outcome, begunAt = now, number = 1, milliseconds = 0 } = attempt;
    if (outcome.kind === "failed") backend.release();
    if (begunAt >= backend.standing.since) { // how it was before an outage is no news
      this.#policy.observe?.(backend, { request, outcome, milliseconds, now });
    }
    this.#health.report(request, { backend, outcome, begunAt, number, milliseconds }, now);
  }

  /**
   * Ends an attempt that was answered, as its response is over.
   *
   * @param broken why the response did not get through whole; undefined where it did, as far as is known
   */
  end(backend: Backend, answered: Answered<unknown>, broken?: Failed): void {
    backend.release();
    this.#health.end(backend, answered, broken, this.clock());
  }

  /** A worker has died: what it tried says nothing any more. @param worker its number */
  abandon(worker: number): void {
    this.#health.abandon(worker, this.clock());
  }

  /** Takes note of what a probe found. @param reason in a few words */
  probed(backend: Backend, good: boolean, reason: string): void {
    this.#health.probed(backend, good, reason, this.clock());
  }

  /** The backend that the client is tied to, unless that is out, full or was tried. */
  #stickyBackend(request: RequestFacts, tried: readonly Attempt<unknown>[]): Backend | undefined {
    const backend = this.#sticky?.backendOf(request);
    if (backend === undefined || backend.inFlight >= this.#maxInFlight) return undefined;
    if (tried.some((attempt) => attempt.backend === backend)) return undefined;
    return backend.usable || !this.usable ? backend : undefined;
  }

  /** A backend that is not tried yet, by the policy; undefined where there is none that has room. */
  #selectUntried(
    request: RequestFacts,
    tried: readonly Attempt<unknown>[],
    now: number,
  ): Backend | undefined {
    const isFirst = tried.length === 0;
    const candidates = isFirst ? this.#candidates : this.#untried(tried);
    if (candidates.length === 0) return undefined;
    const turn = isFirst ? this.#counter.next(this.#cycle) : this.#counter.upcoming;
    return this.#pick(candidates, request, turn, tried.length + 1, now);
  }

  /**
   * A policy's pick. Where that is full, or not in luck, a second pick among the others, those left out
   * that need luck if they can be.
   */
  #pick(
    candidates: readonly Backend[],
    request: RequestFacts,
    turn: number,
    number: number,
    now: number,
  ): Backend | undefined {
    const context = { request, turn, number, now, random: this.#random };
    const first = this.#policy.pick(candidates, context);
    const full = first.inFlight >= this.#maxInFlight;
    const share = this.#share(first, candidates, now);
    if (!full && (share === 1 || this.#random() < share)) return first;
    const open = candidates.filter(({ inFlight }) => inFlight < this.#maxInFlight);
    const settled = open.filter((backend) => this.#share(backend, candidates, now) === 1);
    const others = settled.length > 0 ? settled : open;
    if (others.length === 0) return undefined;
    return this.#policy.pick(others, { ...context, number: number + 1 });
  }

  /**
   * How much of what a policy would give it a backend gets: less in slow start, and less where it fails
   * and stays in use nonetheless. Who fails at once has nothing in flight, and a policy that prefers the
   * idle would send it everything: so it gets its share and no more.
   */
  #share(backend: Backend, candidates: readonly Backend[], now: number): number {
    const { standing, weight } = backend;
    if (this.#policy.prefersIdle && standing.failures >= this.#manyFailures) {
      return weight / weightClasses(candidates).total;
    }
    return now >= this.#slowUntil ? 1 : slowStartShare(standing, now, this.#slowStart);
  }

  /** Those not tried yet: usable ones, or else whatever is left, for that is better than to give up. */
  #untried(tried: readonly Attempt<unknown>[]): readonly Backend[] {
    const untried = this.backends.filter((backend) =>
      !tried.some((attempt) => attempt.backend === backend)
    );
    const usable = untried.filter((backend) => backend.usable);
    return usable.length > 0 ? usable : untried;
  }

  /**
   * A backend whose ejection is over, for this request to try it: with it in flight.
   *
   * One that broke off what it had accepted is tried by requests that may be sent again, for the others
   * would be lost; only if none of those comes for as long as an ejection lasts, by any. It is the other
   * way round with a client that is tied to another backend, and would lose its session: unless nobody
   * else comes for as long, it tries none, and then only with a request that may be sent again.
   */
  #trial(request: RequestFacts, now: number): Backend | undefined {
    if (this.#ejected.length === 0) return undefined;
    const isTied = this.#stickyBackend(request, NO_ATTEMPTS) !== undefined;
    for (const backend of this.#ejected) {
      const { standing } = backend;
      if (!isTrialDue(standing, now)) continue;
      const overdue = isTrialDue(standing, now - this.#health.ejectionTime);
      const repeatable = isIdempotent(request.method);
      const fit = isTied ? overdue && repeatable : overdue || repeatable || standing.unreachable;
      if (!fit || !backend.acquire(this.#maxInFlight)) continue;
      if (this.#health.claimTrial(backend, now)) return backend;
      backend.release(); // another worker was quicker
    }
    return undefined;
  }

  /** Sorts the backends, where the health of one has changed since: here, or in another worker. */
  #refresh(): void {
    const { generation } = this.#health;
    if (generation === this.#generation) return;
    this.#generation = generation;
    const usable = this.backends.filter((backend) => backend.usable);
    this.#usable = usable.length > 0;
    this.#candidates = this.#usable ? usable : this.backends;
    this.#cycle = this.#candidates.length > 0 ? this.#policy.cycle?.(this.#candidates) ?? 1 : 1;
    this.#ejected = this.backends.filter(({ standing, probed }) =>
      standing.phase !== "in" && probed.up
    );
    this.#slowUntil = Math.max(...usable.map(({ standing }) => standing.since)) + this.#slowStart;
  }
}
