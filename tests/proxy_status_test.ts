/** Statuses that are retried: what a request gets if backends answer with them. */
import { assertEquals } from "@std/assert";
import type { Answered, Outcome } from "../lib/outcome.ts";
import { createProxy } from "../lib/proxy.ts";
import type { RequestFacts } from "../lib/request_facts.ts";
import { RetryBudget } from "../lib/retry_budget.ts";
import { createFakePool, equal, facts, failed, nameOf } from "./support/fakes.ts";

interface Case {
  readonly what: string;
  readonly method?: string;
  readonly maxAttempts?: number;
  readonly budget?: number;
  /** What a, b and c answer; 0 refuses the connection. */
  readonly answers: readonly [a: number, b: number, c: number];
  readonly tried: string;
  /** The status that the client gets, and from whom; or the failure. */
  readonly gets: string;
  /** Whose answers were given up. */
  readonly discarded: string;
}

const CASES: readonly Case[] = [
  { what: "a welcome status", answers: [200, 200, 200], tried: "a", gets: "200 a", discarded: "" },
  {
    what: "a status that is not retried",
    answers: [500, 200, 200],
    tried: "a",
    gets: "500 a",
    discarded: "",
  },
  { what: "503 from one", answers: [503, 200, 200], tried: "a b", gets: "200 b", discarded: "a" },
  {
    what: "503 from two",
    answers: [503, 502, 404],
    tried: "a b c",
    gets: "404 c",
    discarded: "a b",
  },
  {
    what: "503 from all: the last one's answer",
    answers: [503, 503, 504],
    tried: "a b c",
    gets: "504 c",
    discarded: "a b",
  },
  {
    what: "503 and then a refused connection",
    answers: [503, 0, 200],
    tried: "a b c",
    gets: "200 c",
    discarded: "a",
  },
  {
    what: "503 when attempts are used up",
    maxAttempts: 1,
    answers: [503, 200, 200],
    tried: "a",
    gets: "503 a",
    discarded: "",
  },
  {
    what: "503 when the budget is used up",
    budget: 0,
    answers: [503, 200, 200],
    tried: "a b",
    gets: "200 b",
    discarded: "a",
  },
  {
    what: "503 for a POST, which may have had an effect",
    method: "POST",
    answers: [503, 200, 200],
    tried: "a",
    gets: "503 a",
    discarded: "",
  },
  {
    what: "503 for a PUT, which may be repeated",
    method: "PUT",
    answers: [503, 200, 200],
    tried: "a b",
    gets: "200 b",
    discarded: "a",
  },
];

for (
  const {
    what,
    method = "GET",
    maxAttempts = Infinity,
    budget = Infinity,
    answers,
    tried,
    gets,
    discarded,
  } of CASES
) {
  Deno.test(`proxy: ${what}: tries ${tried} and gets ${gets}`, async () => {
    const pool = createFakePool(equal(3), { ejection: { after: Infinity, time: 10_000 } });
    const asked: string[] = [];
    const given: string[] = [];
    const proxy = createProxy<RequestFacts, string>({
      pool,
      budget: new RetryBudget(budget),
      maxAttempts,
      retriesStatus: (status) => status >= 502 && status <= 504,
      discard: ({ response }: Answered<string>) => given.push(response),
      forward: (_, backend): Promise<Outcome<string>> => {
        const name = nameOf(backend)!;
        asked.push(name);
        const status = answers["abc".indexOf(name)]!;
        return Promise.resolve(
          status === 0
            ? failed("connection_refused", name)
            : { kind: "answered", status, response: name },
        );
      },
    });
    const result = await proxy(facts({ method }));
    const { outcome } = result;
    const found = outcome.kind === "answered"
      ? `${outcome.status} ${outcome.response}`
      : outcome.failure;
    assertEquals([asked.join(" "), found, given.join(" ")], [tried, gets, discarded]);
    if (result.kind === "answered") pool.end(result.backend, result.outcome);
    assertEquals(pool.backends.map(({ inFlight }) => inFlight), [0, 0, 0]);
  });
}

Deno.test("proxy: an answer is kept until another backend is asked, as that may not be possible", async () => {
  const pool = createFakePool(equal(2), {
    backendMaxInFlight: 1,
    ejection: { after: Infinity, time: 10_000 },
  });
  assertEquals(pool.backends[1]!.acquire(1), true); // b is full
  const discarded: string[] = [];
  const proxy = createProxy<RequestFacts, string>({
    pool,
    budget: new RetryBudget(Infinity),
    maxAttempts: Infinity,
    retriesStatus: () => true,
    discard: ({ response }) => discarded.push(response),
    forward: (_, backend) =>
      Promise.resolve({ kind: "answered", status: 503, response: nameOf(backend)! }),
  });
  const result = await proxy(facts());
  assertEquals([result.kind, result.outcome.kind, discarded], ["answered", "answered", []]);
});
