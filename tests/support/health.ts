/** A pool whose time and chance the test decides, and what became of its backends. */
import type { Backend } from "../../lib/backends/backend.ts";
import { formatEvent } from "../../lib/health/events.ts";
import type { FailureKind } from "../../lib/outcome.ts";
import type { Pool, PoolOptions } from "../../lib/pool/pool.ts";
import type { RequestFacts } from "../../lib/request_facts.ts";
import { answered, createFakePool, equal, facts, failed, nameOf } from "./fakes.ts";

export class HealthTest {
  now = 0;
  /** What chance says next. */
  luck = 0.5;
  /** What was told so far, as the log has it. */
  readonly told: string[] = [];
  readonly pool: Pool;

  /** @param size how many backends: `a`, `b` … */
  constructor(size: number, options: Partial<PoolOptions> = {}) {
    this.pool = createFakePool(equal(size), {
      clock: () => this.now,
      stopwatch: () => this.now,
      random: () => this.luck,
      onEvent: (event) => this.told.push(formatEvent(event)[1].replaceAll(":5000", "")),
      ...options,
    });
  }

  backend(name: string): Backend {
    return this.pool.backends.find((backend) => nameOf(backend) === name)!;
  }

  /** A first attempt that goes where the pool says, and comes to nothing yet. @returns its name */
  pick(request: Partial<RequestFacts> = {}): string | undefined {
    return nameOf(this.pool.next(facts(request), []));
  }

  /** Picks until that backend comes up, and leaves the others as they were. @returns whether it did */
  pickOf(name: string, request: Partial<RequestFacts> = {}): boolean {
    for (let i = 0; i < 50; i++) {
      const picked = this.pool.next(facts(request), [])!;
      if (nameOf(picked) === name) return true;
      this.#neutral(picked);
    }
    return false;
  }

  /** An attempt there fails. */
  fail(name: string, failure: FailureKind, times = 1): void {
    for (let i = 0; i < times; i++) {
      const backend = this.backend(name);
      backend.acquire();
      this.pool.report(facts(), { backend, outcome: failed(failure, "x") });
    }
  }

  /** An attempt there is answered, and its response ends whole. */
  answer(name: string, status = 200): void {
    const backend = this.backend(name);
    backend.acquire();
    this.finish(name, status);
  }

  /** An attempt that was picked before is answered, and its response ends whole. */
  finish(name: string, status = 200): void {
    const backend = this.backend(name);
    const outcome = answered("ok", status);
    this.pool.report(facts(), { backend, outcome });
    this.pool.end(backend, outcome);
  }

  /** The names of those that requests go to as a matter of course. */
  get usable(): string {
    return this.pool.backends.filter(({ usable }) => usable).map(nameOf).join("");
  }

  /** How often each comes up in so many requests that say nothing of it. */
  shares(requests: number): Record<string, number> {
    const counts: Record<string, number> = {};
    for (let i = 0; i < requests; i++) {
      const picked = this.pool.next(facts(), [])!;
      const name = nameOf(picked)!;
      counts[name] = (counts[name] ?? 0) + 1;
      this.#neutral(picked);
    }
    return counts;
  }

  #neutral(backend: Backend): void {
    this.pool.report(facts(), { backend, outcome: failed("http_request_error") });
  }
}
