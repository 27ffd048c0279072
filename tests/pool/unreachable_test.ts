/** Outages in which backends refuse connections: whom requests ask then, and what is answered. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { POLICY_NAMES, type PolicyName } from "../../lib/config/model.ts";
import type { FailureKind } from "../../lib/outcome.ts";
import { MAX_LAST_RESORTS } from "../../lib/pool/candidates.ts";
import type { PoolOptions } from "../../lib/pool/pool.ts";
import { createProxy, type Result } from "../../lib/proxy.ts";
import type { RequestFacts } from "../../lib/request_facts.ts";
import { RetryBudget } from "../../lib/retry_budget.ts";
import { Sticky } from "../../lib/pool/sticky.ts";
import { answered, backendsOf, equal, facts, failed, nameOf, policyOf } from "../support/fakes.ts";
import { HealthTest } from "../support/health.ts";
import { seeded } from "../support/random.ts";

interface OutageOptions extends Partial<PoolOptions> {
  readonly maxAttempts?: number;
}

/** A pool whose backends fail as a test says, and requests to it. */
class Outage {
  readonly test: HealthTest;
  /** How those fail that do not answer. */
  readonly failing = new Map<string, FailureKind>();
  readonly #proxy: (request: RequestFacts) => Promise<Result<string>>;

  constructor(size: number, { maxAttempts = Infinity, ...options }: OutageOptions = {}) {
    this.test = new HealthTest(size, { random: seeded(1), ...options });
    const { pool } = this.test;
    this.#proxy = createProxy<RequestFacts, string>({
      pool,
      budget: new RetryBudget(Infinity),
      maxAttempts,
      forward: (_request, backend) => {
        const failure = this.failing.get(nameOf(backend)!);
        return Promise.resolve(failure === undefined ? answered("ok") : failed(failure));
      },
    });
  }

  get names(): string[] {
    return this.test.pool.backends.map((backend) => nameOf(backend)!);
  }

  /** Sets how backends fail; undefined if they answer. */
  set(names: Iterable<string>, failure: FailureKind | undefined): void {
    for (const name of names) {
      if (failure === undefined) this.failing.delete(name);
      else this.failing.set(name, failure);
    }
  }

  /** Sends a request. @returns whom it asked, and whether it was answered */
  async request(given: Partial<RequestFacts> = {}) {
    this.test.now++;
    const result = await this.#proxy(facts(given));
    if (result.kind === "answered") this.test.pool.end(result.backend, result.outcome);
    const asked = result.attempts.map(({ backend }) => nameOf(backend)!);
    return { asked, isAnswered: result.kind === "answered", result };
  }

  /** Sends requests one after the other. @returns how many attempts each took, and whether it was answered */
  async ask(requests: number, given: Partial<RequestFacts> = {}): Promise<string> {
    const results: string[] = [];
    for (let i = 0; i < requests; i++) {
      const { asked, isAnswered } = await this.request(given);
      results.push(`${asked.length}${isAnswered ? "+" : "-"}`);
    }
    return results.join(" ");
  }

  /** Makes a connect check of each backend that is known to be unreachable. */
  check(): void {
    for (const { unreachable, id } of this.test.pool.backends) {
      const name = id.replace(":5000", "");
      if (unreachable) this.test.check(name, this.failing.get(name));
    }
  }
}

const REFUSED = "connection_refused";

for (
  const [size, dead, asked] of [
    [1, "a", "1- 1- 1- 1-"],
    [2, "b", "1+ 2+ 1+ 1+"],
    [2, "ab", "2- 2- 2- 2-"],
    [3, "a", "2+ 1+ 1+ 1+"],
    [3, "c", "1+ 1+ 2+ 1+"],
    [3, "ab", "3+ 1+ 1+ 1+"],
    [3, "abc", "3- 3- 3- 3-"],
    [4, "abcd", "4- 3- 3- 3-"],
    [10, "abcdefghij", "10- 3- 3- 3-"],
  ] as const
) {
  Deno.test(`unreachable: of ${size} backends ${dead} refuse: requests take ${asked} attempts`, async () => {
    for (const failure of [REFUSED, "connection_timeout", "dns_error"] as const) {
      const outage = new Outage(size);
      outage.set(dead, failure);
      assertEquals(await outage.ask(4), asked, failure);
    }
  });
}

for (const policy of POLICY_NAMES) {
  Deno.test(`unreachable: under ${policy}, with six of ten refusing, every request is answered, and each of the six is asked once`, async () => {
    const outage = new Outage(10, { policy: policyOf(policy) });
    outage.set("abcdef", REFUSED);
    const asked: string[] = [];
    for (let client = 0; client < 200; client++) {
      const clientAddress = `192.0.2.${client}`;
      const method = client % 2 === 0 ? "GET" : "POST";
      const request = await outage.request({ clientAddress, method });
      assert(request.isAnswered);
      asked.push(...request.asked.slice(0, -1));
    }
    assertEquals(new Set(asked).size, asked.length);
  });

  Deno.test(`unreachable: under ${policy}, 60 that refuse are all asked by the first request, and three by each that follows`, async () => {
    const outage = new Outage(60, { policy: policyOf(policy) });
    outage.set(outage.names, REFUSED);
    assertEquals(await outage.ask(4), "60- 3- 3- 3-");
    const asked = new Set<string>();
    for (let client = 0; client < 100; client++) {
      const request = await outage.request({ clientAddress: `192.0.2.${client}` });
      for (const name of request.asked) asked.add(name);
    }
    assert(asked.size > 40, `${asked.size}: they are spread`);
  });
}

Deno.test("unreachable: 500 that refuse cost the first request 500 attempts, and one that comes back gets all requests", async () => {
  const outage = new Outage(500);
  outage.set(outage.names, REFUSED);
  assertEquals(await outage.ask(2), "500- 3-");
  for (let i = 0; i < 6; i++) outage.check();
  assertEquals(outage.test.pool.usable, false, "all are ejected");
  outage.set(["n321"], undefined);
  outage.check();
  assertEquals(await outage.ask(5), "1+ 1+ 1+ 1+ 1+");
  outage.set(["n123"], undefined);
  outage.check();
  const { asked } = await outage.request();
  assertEquals(asked, ["n123"], "its trial");
});

Deno.test("unreachable: backends that come back before they are ejected get their shares at once", async () => {
  const outage = new Outage(3);
  outage.set("b", REFUSED);
  await outage.ask(3);
  outage.set("b", undefined);
  outage.check();
  assertEquals(outage.test.shares(300), { a: 100, b: 100, c: 100 });
});

Deno.test("unreachable: a request whose others are only unreachable says so", async () => {
  const outage = new Outage(5);
  outage.set("abcde", REFUSED);
  const verdicts: string[] = [];
  for (let i = 0; i < 2; i++) {
    const { result } = await outage.request();
    if (result.kind === "failed") verdicts.push(result.verdict);
  }
  assertEquals(verdicts, ["attempts used up", "others full or unreachable"]);
});

Deno.test("unreachable: MAX_ATTEMPTS holds as well", async () => {
  const outage = new Outage(5, { maxAttempts: 2 });
  outage.set("abcde", REFUSED);
  assertEquals(await outage.ask(4), "2- 2- 2- 2-");
});

Deno.test("unreachable: a POST goes to one that is unreachable rather than to one that breaks requests off", async () => {
  const outage = new Outage(3, { ejectMax: 1 });
  outage.set("ab", "connection_terminated");
  while (outage.test.usable !== "c") await outage.ask(1);
  outage.test.fail("c", REFUSED); // and no check has found yet that it is back
  assertEquals(await outage.ask(1, { method: "POST" }), "1+");
});

Deno.test("unreachable: in panic, one that can be connected to comes before those that cannot", async () => {
  const outage = new Outage(5, { ejectMax: 1 });
  outage.set("abcd", REFUSED);
  outage.set("e", "connection_terminated");
  while (outage.test.usable !== "") {
    await outage.ask(5);
    outage.check();
  }
  const { asked } = await outage.request();
  assertEquals([asked[0], asked.length], ["e", 4]);
});

Deno.test("unreachable: a client that is tied to one goes to others, and back to its own if none is better", async () => {
  const backends = backendsOf(equal(4));
  const sticky = new Sticky({ backends, cookie: "lb", secret: undefined, isSecure: () => false });
  const outage = new Outage(4, { backends, sticky });
  const [cookie] = sticky.cookieFor(facts(), backends[1]!)!.split(";");
  const header = (name: string) => name === "cookie" ? cookie : undefined;
  outage.set("b", REFUSED);
  assertEquals((await outage.request({ header })).asked[0], "b", "nothing is known yet");
  assert((await outage.request({ header })).asked[0] !== "b");
  outage.set("abcd", REFUSED);
  await outage.ask(1);
  const { asked } = await outage.request({ header });
  assertEquals([asked[0], asked.length], ["b", 3]);
});

Deno.test("unreachable: if the others are full, a request is told so, and asks none that refuses", async () => {
  const outage = new Outage(3, { backendMaxInFlight: 1 });
  outage.set("c", REFUSED);
  await outage.ask(3);
  for (const name of "ab") outage.test.backend(name).acquire();
  const { result } = await outage.request();
  assertEquals(result.kind === "failed" && result.outcome.failure, "connection_limit_reached");
  assertEquals(result.attempts, []);
});

Deno.test("unreachable: whatever refuses when, a request is answered if any backend answers and checks have looked, and asks no more than it must", async () => {
  const step = fc.record({
    /** A backend for each bit that is set, and whether these refuse from now on. */
    changed: fc.nat(2 ** 12 - 1),
    refuses: fc.boolean(),
    checked: fc.boolean(),
    pause: fc.nat(4_000),
    requests: fc.nat(4),
    method: fc.constantFrom("GET", "POST"),
  });
  const policies = fc.constantFrom<PolicyName>(...POLICY_NAMES);
  const sizes = fc.integer({ min: 1, max: 12 });
  await fc.assert(
    fc.asyncProperty(
      sizes,
      policies,
      fc.array(step),
      fc.nat(),
      async (size, policy, steps, seed) => {
        const outage = new Outage(size, { policy: policyOf(policy), random: seeded(seed) });
        const { pool } = outage.test;
        for (const { changed, refuses, checked, pause, requests, method } of steps) {
          outage.test.now += pause;
          const names = outage.names.filter((_, index) => changed >> index & 1);
          outage.set(names, refuses ? REFUSED : undefined);
          if (checked) outage.check();
          for (let i = 0; i < requests; i++) {
            const known = new Set(
              outage.names.filter((name) => outage.test.backend(name).unreachable),
            );
            const alive = outage.names.filter((name) => !outage.failing.has(name));
            const { asked, isAnswered, result } = await outage.request({ method });
            assertEquals(new Set(asked).size, asked.length);
            const lastResorts = asked.filter((name) => known.has(name));
            assert(lastResorts.length <= MAX_LAST_RESORTS);
            assertEquals(
              result.attempts.filter(({ lastResort }) => lastResort).length,
              lastResorts.length,
            );
            if (lastResorts.length > 0) { // nothing better was left
              assertEquals(
                outage.names.filter((name) => !known.has(name) && !asked.includes(name)),
                [],
              );
            }
            if (alive.some((name) => !known.has(name))) assert(isAnswered);
            if (size <= MAX_LAST_RESORTS) assertEquals(isAnswered, alive.length > 0);
          }
          assertEquals(pool.backends.map(({ inFlight }) => inFlight), Array(size).fill(0));
        }
        outage.set(outage.names, undefined);
        for (let i = 0; i < 2; i++) {
          outage.check();
          await outage.ask(size);
        }
        assertEquals(outage.test.usable.length, size, "all are back without waiting");
      },
    ),
    { numRuns: 150 },
  );
});
