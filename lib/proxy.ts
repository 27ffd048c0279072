/**
 * The path of one request. Everything else in this program exists so that these few lines stay true
 * when backends die, lie, stall or come and go.
 */
import type { Attempt } from "./pool/attempt.ts";
import type { Backend } from "./backends/backend.ts";
import { type Answered, type Failed, mayHaveLeft, type Outcome } from "./outcome.ts";
import type { Pool } from "./pool/pool.ts";
import type { RequestFacts } from "./request_facts.ts";
import { judge, type StopReason } from "./retry.ts";
import type { RetryBudget } from "./retry_budget.ts";

/** The result of a request, and all its attempts. */
export type Result<Response> =
  | {
    readonly kind: "answered";
    readonly outcome: Answered<Response>;
    /** The backend that answered. */
    readonly backend: Backend;
    readonly attempts: readonly Attempt<Response>[];
  }
  | {
    readonly kind: "failed";
    /** The outcome of the last attempt. */
    readonly outcome: Failed;
    /** Why no further attempt was made. */
    readonly verdict: StopReason;
    readonly attempts: readonly Attempt<unknown>[];
  };

export interface ProxyOptions<Request extends RequestFacts, Response> {
  readonly pool: Pool;
  readonly budget: RetryBudget;
  /** Sends the request to one backend, once. Provided by the engine; never throws. */
  readonly forward: (request: Request, backend: Backend) => Promise<Outcome<Response>>;
  /** Attempts per request, 1 or more; in any case each backend is tried at most once. */
  readonly maxAttempts: number;
  /** Whether an answer with this status is retried like a failure, if another backend can be asked. */
  readonly retriesStatus?: ((status: number) => boolean) | undefined;
  /** Gives up an answer that another one replaces. */
  readonly discard?: (answered: Answered<Response>) => void;
}

/**
 * Creates the function that sends a request to a backend, and to the next one if that fails.
 *
 * If a backend answers, the engine reports the end of its response ({@linkcode Pool.end}).
 */
export function createProxy<Request extends RequestFacts, Response>(
  options: ProxyOptions<Request, Response>,
) {
  const { pool, budget, forward, maxAttempts, retriesStatus = never } = options;

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
      const verdict = tried.length > 0 ? "others full or unreachable" : "attempts used up";
      return conclude(tried.at(-1)?.outcome ?? pool.unavailable, verdict, tried);
    }
    giveUp(tried.at(-1));

    const lastResort = backend.unreachable;
    const outcome = await forward(request, backend);
    const milliseconds = pool.stopwatch() - startedAt;
    pool.report(request, { backend, outcome, begunAt, number: attempt, milliseconds });
    const attempts = [...tried, { backend, outcome, lastResort }];
    if (outcome.kind === "answered" && !retriesStatus(outcome.status)) {
      return { kind: "answered", outcome, backend, attempts };
    }

    const verdict = judge(request, outcome, attempt, Math.min(maxAttempts, pool.backends.length));
    if (verdict !== "retry") return conclude(outcome, verdict, attempts);

    // A retry adds load unless the request never left or its backend has been ejected since.
    const addsLoad = mayHaveLeft(outcome) && !pool.hasEjectedSince(begunAt, backend);
    if (addsLoad && !budget.withdraw(pool.clock())) {
      return conclude(outcome, "retry budget used up", attempts);
    }
    return proxy(request, attempt + 1, attempts);
  };

  /** There is no further attempt: an answer that was to be retried is better than none. */
  function conclude(
    outcome: Outcome<Response>,
    verdict: StopReason,
    attempts: readonly Attempt<Response>[],
  ): Result<Response> {
    if (outcome.kind === "failed") return { kind: "failed", outcome, verdict, attempts };
    return { kind: "answered", outcome, backend: attempts.at(-1)!.backend, attempts };
  }

  /** Another backend is asked instead of the one that gave an unwelcome answer. */
  function giveUp(last: Attempt<Response> | undefined): void {
    if (last?.outcome.kind !== "answered") return;
    options.discard?.(last.outcome);
    pool.end(last.backend, last.outcome);
  }
}

function never(): boolean {
  return false;
}
