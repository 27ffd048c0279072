/** The pool: the backends and the policy that picks among them, as one snapshot. */
import type { Backend } from "./backend.ts";
import { Counter } from "./counter.ts";
import type { Attempt, Outcome } from "./outcome.ts";
import type { Policy } from "./policies/mod.ts";
import type { RequestFacts } from "./request_facts.ts";

export interface PoolOptions {
  readonly backends: readonly Backend[];
  readonly policy: Policy;
  readonly counter?: Counter;
  /** Called when a backend's first attempt fails after it worked, and when it answers again. */
  readonly onChange?: (backend: Backend, outcome: Outcome<unknown>) => void;
}

export class Pool {
  readonly backends: readonly Backend[];
  readonly #policy: Policy;
  readonly #cycle: number;
  readonly #counter: Counter;
  readonly #onChange: PoolOptions["onChange"];

  constructor({ backends, policy, counter = new Counter(), onChange }: PoolOptions) {
    this.backends = backends;
    this.#policy = policy;
    this.#cycle = policy.cycle(backends);
    this.#counter = counter;
    this.#onChange = onChange;
  }

  /**
   * The backend for the next attempt; undefined where each has been tried.
   *
   * Only a request's first attempt takes a turn. If retries did too, then while one of three backends
   * is down its turns would always push the same neighbour: 75 % to one, 25 % to the other.
   */
  next(request: RequestFacts, tried: readonly Attempt<unknown>[]): Backend | undefined {
    if (tried.length === 0) {
      const turn = this.#counter.next(this.#cycle);
      return this.#policy.pick(this.backends, { request, turn, attempt: 1 });
    }
    const candidates = this.backends.filter((backend) =>
      !tried.some((attempt) => attempt.backend === backend)
    );
    if (candidates.length === 0) return undefined;
    const turn = this.#counter.upcoming;
    return this.#policy.pick(candidates, { request, turn, attempt: tried.length + 1 });
  }

  /** Takes note of what an attempt came to. */
  report(backend: Backend, outcome: Outcome<unknown>): void {
    const failing = outcome.kind === "failed";
    if (failing && outcome.failure === "http_request_error") return; // says nothing of the backend
    if (failing === backend.failing) return;
    backend.failing = failing;
    this.#onChange?.(backend, outcome);
  }
}
