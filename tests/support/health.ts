/** A pool whose time and luck the test decides, and short ways to let its backends fail and answer. */
import type { Backend } from "../../lib/backends/backend.ts";
import { formatEvent } from "../../lib/health/events.ts";
import type { FailureKind } from "../../lib/outcome.ts";
import type { Pool, PoolOptions } from "../../lib/pool/pool.ts";
import type { RequestFacts } from "../../lib/request_facts.ts";
import { answered, createFakePool, equal, facts, failed, nameOf } from "./fakes.ts";

export class HealthTest {
  now = 0;
  /** What the pool's random returns. */
  luck = 0.5;
  /** The log lines of all events so far. */
  readonly log: string[] = [];
  readonly pool: Pool;

  /** @param size the number of backends: `a`, `b` … */
  constructor(size: number, options: Partial<PoolOptions> = {}) {
    this.pool = createFakePool(equal(size), {
      clock: () => this.now,
      stopwatch: () => this.now,
      random: () => this.luck,
      onEvent: (event) => this.log.push(formatEvent(event)[1].replaceAll(":5000", "")),
      ...options,
    });
  }

  backend(name: string): Backend {
    return this.pool.backends.find((backend) => nameOf(backend) === name)!;
  }

  /** Begins a first attempt, which has no outcome yet. @returns the name of its backend */
  pick(request: Partial<RequestFacts> = {}): string | undefined {
    return nameOf(this.pool.next(facts(request), []));
  }

  /** Begins first attempts until one goes to a backend; the others are inconclusive. @returns whether one did */
  pickOf(name: string, request: Partial<RequestFacts> = {}): boolean {
    for (let i = 0; i < 50; i++) {
      const picked = this.pool.next(facts(request), [])!;
      if (nameOf(picked) === name) return true;
      this.#endInconclusive(picked);
    }
    return false;
  }

  /** Lets attempts at a backend fail. */
  fail(name: string, failure: FailureKind, times = 1): void {
    for (let i = 0; i < times; i++) {
      const backend = this.backend(name);
      backend.acquire();
      this.pool.report(facts(), { backend, outcome: failed(failure, "x") });
    }
  }

  /** Lets a connect check of a backend end. @param failure why there was no connection */
  check(name: string, failure?: FailureKind): void {
    this.pool.checked(this.backend(name), failure && failed(failure, "x"));
  }

  /** Lets an attempt at a backend be answered, with a complete response. */
  answer(name: string, status = 200): void {
    const backend = this.backend(name);
    backend.acquire();
    this.finish(name, status);
  }

  /** Lets an attempt that was picked before be answered, with a complete response. */
  finish(name: string, status = 200): void {
    const backend = this.backend(name);
    const outcome = answered("ok", status);
    this.pool.report(facts(), { backend, outcome });
    this.pool.end(backend, outcome);
  }

  /** The names of the usable backends. */
  get usable(): string {
    return this.pool.backends.filter(({ usable }) => usable).map(nameOf).join("");
  }

  /** How many of a number of first attempts go to each backend; all of them are inconclusive. */
  shares(requests: number): Record<string, number> {
    const counts: Record<string, number> = {};
    for (let i = 0; i < requests; i++) {
      const picked = this.pool.next(facts(), [])!;
      const name = nameOf(picked)!;
      counts[name] = (counts[name] ?? 0) + 1;
      this.#endInconclusive(picked);
    }
    return counts;
  }

  #endInconclusive(backend: Backend): void {
    this.pool.report(facts(), { backend, outcome: failed("http_request_error") });
  }
}
