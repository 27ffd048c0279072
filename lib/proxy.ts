/**
 * The path of one request. Everything else in this program exists so that these few lines stay true
 * when backends die, lie, stall or come and go.
 */
import type { Backend } from "./backend.ts";
import { type Attempt, NO_BACKEND, type Outcome } from "./outcome.ts";
import type { Pool } from "./pool.ts";
import type { RequestFacts } from "./request_facts.ts";
import { judge, type Verdict } from "./retry.ts";

/** What became of a request: the outcome to answer with, and the way there. */
export interface Result<Response> {
  readonly outcome: Outcome<Response>;
  readonly attempts: readonly Attempt<Response>[];
  /** Why it went no further than this. */
  readonly verdict: Verdict;
}

export interface ProxyOptions<Request extends RequestFacts, Response> {
  readonly pool: Pool;
  /** Sends the request to one backend, once. Brought by the engine; never throws. */
  readonly forward: (request: Request, backend: Backend) => Promise<Outcome<Response>>;
  /** Attempts per request; each backend is tried once at most, whatever this says. */
  readonly maxAttempts: number;
}

/** Makes the function that takes a request to a backend, and to the next one when that fails. */
export function createProxy<Request extends RequestFacts, Response>(
  { pool, forward, maxAttempts }: ProxyOptions<Request, Response>,
) {
  return async function proxy(
    request: Request,
    attempt = 1,
    tried: readonly Attempt<Response>[] = [],
  ): Promise<Result<Response>> {
    const backend = pool.next(request, tried);
    if (backend === undefined) {
      const outcome = tried.at(-1)?.outcome ?? NO_BACKEND;
      return { outcome, attempts: tried, verdict: "attempts used up" };
    }

    const outcome = await forward(request, backend);
    const attempts = [...tried, { backend, outcome }];
    const verdict = judge(request, outcome, attempt, maxAttempts);
    if (verdict !== "client gone") pool.report(backend, outcome);
    if (verdict !== "retry") return { outcome, attempts, verdict };

    return proxy(request, attempt + 1, attempts);
  };
}
