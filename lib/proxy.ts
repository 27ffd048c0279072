/**
 * The path of one request. Everything else in this program exists so that these few lines stay true
 * when backends die, lie, stall or come and go.
 */
import type { Attempt } from "./pool/attempt.ts";
import type { Backend } from "./backends/backend.ts";
import { mayHaveLeft, type Outcome } from "./outcome.ts";
import type { Pool } from "./pool/pool.ts";
import type { RequestFacts } from "./request_facts.ts";
import { judge, type Verdict } from "./retry.ts";
import type { RetryBudget } from "./retry_budget.ts";

/** What became of a request: the outcome to answer with, and the way there. */
export interface Result<Response> {
  readonly outcome: Outcome<Response>;
  readonly attempts: readonly Attempt<Response>[];
  /** Why it went no further than this. */
  readonly verdict: Verdict;
}

export interface ProxyOptions<Request extends RequestFacts, Response> {
  readonly pool: Pool;
  readonly budget: RetryBudget;
  /** Sends the request to one backend, once. Brought by the engine; never throws. */
  readonly forward: (request: Request, backend: Backend) => Promise<Outcome<Response>>;
  /** Attempts per request; each backend is tried once at most, whatever this says. */
  readonly maxAttempts: number;
}

/**
 * Makes the function that takes a request to a backend, and to the next one when that fails.
 *
 * Where it was answered, the engine tells the pool when that response is over ({@linkcode Pool.end}).
 */
export function createProxy<Request extends RequestFacts, Response>(
  { pool, budget, forward, maxAttempts }: ProxyOptions<Request, Response>,
) {
  return async function proxy(
    request: Request,
    attempt = 1,
    tried: readonly Attempt<Response>[] = [],
  ): Promise<Result<Response>> {
    const begunAt = pool.clock();
    const startedAt = pool.stopwatch();
    if (attempt === 1) budget.deposit(begunAt);
    const backend = pool.next(request, tried, begunAt);
    if (backend === undefined) {
      const outcome = tried.at(-1)?.outcome ?? pool.unavailable;
      return { outcome, attempts: tried, verdict: "attempts used up" };
    }

    const outcome = await forward(request, backend);
    const milliseconds = pool.stopwatch() - startedAt;
    pool.report(request, { backend, outcome, begunAt, number: attempt, milliseconds });
    const attempts = [...tried, { backend, outcome }];
    const verdict = judge(request, outcome, attempt, Math.min(maxAttempts, pool.backends.length));
    if (verdict !== "retry") return { outcome, attempts, verdict };

    // No backend bears more for what never left here, or was lost at one that is left out by now.
    const loadsAnother = mayHaveLeft(outcome) && !pool.hasEjectedSince(begunAt, backend);
    if (loadsAnother && !budget.withdraw(pool.clock())) {
      return { outcome, attempts, verdict: "retry budget used up" };
    }
    return proxy(request, attempt + 1, attempts);
  };
}
