/** A proxy over backends that fail as a test wants, without sockets. */
import type { FailureKind, Outcome } from "../../lib/outcome.ts";
import { createProxy, type Result } from "../../lib/proxy.ts";
import type { RequestFacts } from "../../lib/request_facts.ts";
import type { StopReason } from "../../lib/retry.ts";
import { RetryBudget } from "../../lib/retry_budget.ts";
import { answered, createFakePool, equal, failed, nameOf } from "./fakes.ts";

/** How a request ended: it was answered, or why it was not sent again. */
export type Ending = "answered" | StopReason;

export function endingOf(result: Result<unknown>): Ending {
  return result.kind === "answered" ? "answered" : result.verdict;
}

/** What each of a, b and c does; one that is not named answers. */
export type Fails = Partial<Record<"a" | "b" | "c", FailureKind>>;

/** A pool of a, b and c, and a proxy whose backends fail as a test wants. */
export function proxyOf(
  fails: Fails,
  maxAttempts = Infinity,
  weights = equal(3),
  budget = new RetryBudget(Infinity),
) {
  const forwarded: RequestFacts[] = [];
  const pool = createFakePool(weights, { ejection: { after: Infinity, time: 10_000 } });
  const proxy = createProxy<RequestFacts, string>({
    pool,
    budget,
    maxAttempts,
    forward: (request, backend): Promise<Outcome<string>> => {
      forwarded.push(request);
      const name = nameOf(backend) as "a" | "b" | "c";
      const failure = fails[name];
      return Promise.resolve(failure === undefined ? answered(name) : failed(failure, name));
    },
  });
  return { proxy, pool, forwarded };
}
