/** A proxy over backends that fail as they are told, without a socket. */
import type { FailureKind, Outcome } from "../../lib/outcome.ts";
import { createProxy } from "../../lib/proxy.ts";
import type { RequestFacts } from "../../lib/request_facts.ts";
import { RetryBudget } from "../../lib/retry_budget.ts";
import { answered, equal, failed, nameOf, poolOf } from "./fakes.ts";

/** What each of a, b and c does; one that is not named answers. */
export type Fails = Partial<Record<"a" | "b" | "c", FailureKind>>;

/** A pool of a, b and c, and a proxy whose backends fail as they are told. */
export function proxyOf(
  fails: Fails,
  maxAttempts = Infinity,
  weights = equal(3),
  budget = new RetryBudget(Infinity),
) {
  const forwarded: RequestFacts[] = [];
  const pool = poolOf(weights, { ejection: { after: Infinity, time: 10_000 } });
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
