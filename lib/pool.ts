/** The pool: the backends, which of them are usable, and the policy that picks among those. */
import type { Backend } from "./backend.ts";
import { Counter } from "./counter.ts";
import { isTrialDue, slowStartShare } from "./health/ejection.ts";
import { Health, type HealthOptions } from "./health/health.ts";
import {
  ALL_FULL,
  type Answered,
  type Attempt,
  type Failed,
  NO_BACKEND,
  type Outcome,
} from "./outcome.ts";
import type { Policy } from "./policies/mod.ts";
import type { RequestFacts } from "./request_facts.ts";
import { isIdempotent } from "./retry.ts";

export interface PoolOptions extends HealthOptions {
  readonly backends: readonly Backend[];
  readonly policy: Policy;
  readonly counter?: Counter;
  /** In milliseconds, and never going back; a coarse clock will do. */
  readonly clock: () => number;
  /** 0 up to 1. */
  readonly random: () => number;
  /** How long the share of a backend that is back grows, in milliseconds; 0 gives all at once. */
  readonly slowStart: number;
  /** Requests that one backend may have in flight; Infinity sets no limit. */
  readonly backendMaxInFlight: number;
}

export class Pool {
  readonly backends: readonly Backend[];
  readonly #policy: Policy;
  readonly #counter: Counter;
  readonly #clock: () => number;
  readonly #random: () => number;
  readonly #slowStart: number;
  readonly #maxInFlight: number;
  readonly #health: Health;
  /** What first attempts are picked from: the usable backends, or all where none is. */
  #offered: readonly Backend[] = [];
  #cycle = 1;
  /** Those out of use that may be tried once their time is over. */
  #out: readonly Backend[] = [];
  /** Until when some backend is in slow start. */
  #slowUntil = -Infinity;

  constructor(options: PoolOptions) {
    const { backends, policy, counter = new Counter(), clock, random } = options;
    this.backends = backends;
    this.#policy = policy;
    this.#counter = counter;
    this.#clock = clock;
    this.#random = random;
    this.#slowStart = options.slowStart;
    this.#maxInFlight = options.backendMaxInFlight;
    this.#health = new Health(backends, options, () => this.#sort());
    this.#sort();
  }

  /** Whether any backend gets requests as a matter of course. */
  get usable(): boolean {
    return this.#health.usable > 0;
  }

  /**
   * The backend for the next attempt, with one more in flight; undefined where none may be tried.
   *
   * Only a request's first attempt takes a turn. If retries did too, then while one of three backends
   * is down its turns would always push the same neighbour: 75 % to one, 25 % to the other.
   */
  next(request: RequestFacts, tried: readonly Attempt<unknown>[]): Backend | undefined {
    const now = this.#clock();
    let backend: Backend | undefined;
    if (tried.length > 0) {
      const candidates = this.#untried(tried);
      if (candidates.length === 0) return undefined;
      backend = this.#pick(candidates, request, this.#counter.upcoming, tried.length + 1, now);
    } else {
      backend = this.#dueForTrial(request, now);
      if (backend === undefined && this.#offered.length > 0) {
        const turn = this.#counter.next(this.#cycle);
        backend = this.#pick(this.#offered, request, turn, 1, now);
      }
    }
    if (backend !== undefined) backend.inFlight++;
    return backend;
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

  /**
   * Takes note of what an attempt came to. One that was answered stays in flight until it ends.
   *
   * @param begunAt when it began, on the pool's clock
   * @param number which attempt of its request it was, from 1
   */
  report(
    request: RequestFacts,
    backend: Backend,
    outcome: Outcome<unknown>,
    begunAt: number = this.#clock(),
    number = 1,
  ): void {
    if (outcome.kind === "failed") backend.inFlight--;
    this.#health.report(request, { backend, outcome, begunAt, number }, this.#clock());
  }

  /**
   * Ends an attempt that was answered, as its response is over.
   *
   * @param broken why the response did not get through whole; undefined where it did, as far as is known
   */
  end(backend: Backend, answered: Answered<unknown>, broken?: Failed): void {
    backend.inFlight--;
    this.#health.end(backend, answered, broken, this.#clock());
  }

  /** Takes note of what a probe found. @param reason in a few words */
  probed(backend: Backend, good: boolean, reason: string): void {
    this.#health.probed(backend, good, reason, this.#clock());
  }

  /**
   * A policy's pick. Where that is full, or in slow start and not in luck, a second pick among the
   * others; those in slow start are left out of it if they can be.
   */
  #pick(
    candidates: readonly Backend[],
    request: RequestFacts,
    turn: number,
    number: number,
    now: number,
  ): Backend | undefined {
    const first = this.#policy.pick(candidates, { request, turn, number });
    const full = first.inFlight >= this.#maxInFlight;
    if (!full && (now >= this.#slowUntil || this.#random() < this.#share(first, now))) return first;
    const open = candidates.filter(({ inFlight }) => inFlight < this.#maxInFlight);
    const settled = open.filter((backend) => this.#share(backend, now) === 1);
    const others = settled.length > 0 ? settled : open;
    if (others.length === 0) return undefined;
    return this.#policy.pick(others, { request, turn, number: number + 1 });
  }

  #share({ standing }: Backend, now: number): number {
    return slowStartShare(standing, now, this.#slowStart);
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
   * A backend whose ejection is over, for this request to try it.
   *
   * One that broke off what it had accepted is tried by requests that may be sent again, for the others
   * would be lost; only if none of those comes for as long as an ejection lasts, by any.
   */
  #dueForTrial(request: RequestFacts, now: number): Backend | undefined {
    for (const backend of this.#out) {
      const { standing } = backend;
      if (!isTrialDue(standing, now) || backend.inFlight >= this.#maxInFlight) continue;
      const safe = standing.unreachable || isIdempotent(request.method) ||
        isTrialDue(standing, now - this.#health.ejectionTime);
      if (!safe) continue;
      this.#health.tries(backend, now);
      return backend;
    }
    return undefined;
  }

  /** Sorts the backends anew, after the health of one has changed. */
  #sort(): void {
    const usable = this.backends.filter((backend) => backend.usable);
    this.#offered = usable.length > 0 ? usable : this.backends;
    this.#cycle = this.#offered.length > 0 ? this.#policy.cycle(this.#offered) : 1;
    this.#out = this.backends.filter(({ standing, probed }) =>
      standing.phase !== "in" && probed.up
    );
    this.#slowUntil = Math.max(...usable.map(({ standing }) => standing.since)) + this.#slowStart;
  }
}
