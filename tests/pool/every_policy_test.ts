/** What holds for a pool with every policy. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type FailureKind, FAILURES } from "../../lib/outcome.ts";
import { POLICY_NAMES, type PolicyName } from "../../lib/config/model.ts";
import type { PoolOptions } from "../../lib/pool/pool.ts";
import { createProxy } from "../../lib/proxy.ts";
import type { RequestFacts } from "../../lib/request_facts.ts";
import { RetryBudget } from "../../lib/retry_budget.ts";
import {
  answered,
  facts,
  failed,
  nameOf,
  policyOf,
  putInFlight,
  triedOf,
} from "../support/fakes.ts";
import { HealthTest } from "../support/health.ts";
import { seeded } from "../support/random.ts";

function poolWith(policy: PolicyName, size: number, options: Partial<PoolOptions> = {}) {
  return new HealthTest(size, { policy: policyOf(policy), random: seeded(1), ...options });
}

/** A request from a client with its own address. */
const from = (client: number) => facts({ clientAddress: `192.0.2.${client}` });

/**
 * Sends requests, ten milliseconds apart, to a pool whose dead backends fail at once; others take 100 ms.
 *
 * @param dead the names of the dead backends
 * @returns how many first attempts each backend gets
 */
function serve(test: HealthTest, requests: number, dead: string): Record<string, number> {
  const firsts: Record<string, number> = {};
  const underWay: { request: RequestFacts; name: string; begunAt: number }[] = [];
  for (let client = 0; client < requests; client++) {
    test.now += 10;
    for (const { request, name, begunAt } of underWay.splice(0, Math.max(0, underWay.length - 9))) {
      const outcome = answered("ok");
      const milliseconds = test.now - begunAt;
      test.pool.report(request, { backend: test.backend(name), outcome, begunAt, milliseconds });
      test.pool.end(test.backend(name), outcome);
    }
    const request = from(client);
    const tried = [];
    while (true) {
      const backend = test.pool.next(request, triedOf(...tried));
      if (backend === undefined) break;
      const name = nameOf(backend)!;
      if (tried.length === 0) firsts[name] = (firsts[name] ?? 0) + 1;
      if (!dead.includes(name)) {
        underWay.push({ request, name, begunAt: test.now });
        break;
      }
      test.pool.report(request, {
        backend,
        outcome: failed("connection_terminated"),
        begunAt: test.now,
        number: tried.length + 1,
      });
      tried.push(backend);
    }
  }
  for (const { request, name, begunAt } of underWay) {
    test.pool.report(request, { backend: test.backend(name), outcome: answered("ok"), begunAt });
    test.pool.end(test.backend(name), answered("ok"));
  }
  return firsts;
}

for (const policy of POLICY_NAMES) {
  Deno.test(`Pool, ${policy}: a dead backend that is not ejected gets no more than its share, although it is always idle`, () => {
    const off = { after: Infinity, time: 10_000 };
    const test = poolWith(policy, 4, { ejection: off });
    const { b = 0 } = serve(test, 2_000, "b");
    assert(b <= 0.3 * 2_000, `${b} of 2000`);
  });

  Deno.test(`Pool, ${policy}: a dead backend gets five requests, then one for each trial`, () => {
    const test = poolWith(policy, 4);
    const { b = 0 } = serve(test, 2_200, "b"); // 22 seconds
    assert(b >= 1 && b <= 7, `${b}`);
  });

  Deno.test(`Pool, ${policy}: if all but one are dead and not ejected, first attempts spread over all of the dead`, () => {
    const test = poolWith(policy, 4, { ejection: { after: Infinity, time: 10_000 } });
    const { a = 0, b = 0, d = 0 } = serve(test, 4_000, "abd");
    for (const count of [a, b, d]) {
      assert(count >= 100 && count <= 1_300, `${a}, ${b}, ${d} of 4000`);
    }
  });

  Deno.test(`Pool, ${policy}: when an outage of all backends is over, all get their shares again`, () => {
    const test = poolWith(policy, 3, { ejectMax: 1 });
    serve(test, 50, "abc");
    assertEquals(test.usable, "");
    test.now += 10_000;
    serve(test, 3_000, ""); // until ejections and slow start are over
    assertEquals(test.usable, "abc");
    const counts = serve(test, 6_000, "");
    for (const name of "abc") {
      const share = counts[name]! / 6_000;
      assert(share > 0.27 && share < 0.4, `${name}: ${share}`);
    }
  });

  Deno.test(`Pool, ${policy}: a request gets no backend if there is none, all are full, or all were tried`, () => {
    const none = poolWith(policy, 0);
    assertEquals(none.pool.next(facts(), []), undefined);
    const full = poolWith(policy, 3, { backendMaxInFlight: 1 });
    for (const backend of full.pool.backends) putInFlight(backend, 1);
    assertEquals(full.pool.next(facts(), []), undefined);
    const tried = poolWith(policy, 3);
    assertEquals(tried.pool.next(facts(), triedOf(...tried.pool.backends)), undefined);
  });

  Deno.test(`Pool, ${policy}: whatever fails, a request gets each backend at most once, and in-flight counts return to 0`, () => {
    const steps = fc.array(
      fc.record({
        pause: fc.nat(5_000),
        failures: fc.array(fc.constantFrom(...Object.keys(FAILURES) as FailureKind[])),
        client: fc.nat(9),
        method: fc.constantFrom("GET", "POST"),
      }),
      { maxLength: 60 },
    );
    const sizes = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(sizes, steps, fc.nat(), (size, steps, seed) => {
        const test = poolWith(policy, size, { random: seeded(seed), backendMaxInFlight: 3 });
        for (const { pause, failures, client, method } of steps) {
          test.now += pause;
          const request = { ...from(client), method };
          const tried = [];
          for (const failure of failures) {
            const backend = test.pool.next(request, triedOf(...tried));
            if (backend === undefined) break;
            assert(!tried.includes(backend));
            tried.push(backend);
            test.pool.report(request, { backend, outcome: failed(failure) });
          }
          assertEquals(tried.length, Math.min(size, failures.length));
          const backend = test.pool.next(request, triedOf(...tried));
          assertEquals(backend === undefined, tried.length === size);
          if (backend !== undefined) test.finish(nameOf(backend)!);
        }
        assertEquals(test.pool.backends.map(({ inFlight }) => inFlight), Array(size).fill(0));
      }),
      { numRuns: 60 },
    );
  });
}

for (const policy of POLICY_NAMES) {
  Deno.test(`Pool, ${policy}: an ejected backend is reinstated even if the clock moves while a request is under way`, async () => {
    let time = 0;
    let dead = true;
    const test = poolWith(policy, 2, { clock: () => time += 0.001 });
    const proxy = createProxy<RequestFacts, string>({
      pool: test.pool,
      budget: new RetryBudget(Infinity),
      maxAttempts: 2,
      forward: (_request, backend) =>
        Promise.resolve(
          dead && nameOf(backend) === "b" ? failed("connection_refused") : answered("ok"),
        ),
    });
    const ask = async (client: number) => {
      const { outcome, attempts } = await proxy(from(client));
      if (outcome.kind === "answered") test.pool.end(attempts.at(-1)!.backend, outcome);
      time += 100;
    };
    for (let client = 0; client < 200; client++) {
      test.backend("b").latency = undefined; // or peak_ewma would not send it five requests
      await ask(client);
      if (test.backend("b").unreachable) test.check("b", "connection_refused");
    }
    assertEquals(test.usable, "a");
    dead = false;
    test.check("b");
    for (let client = 0; test.usable !== "ab" && client < 1_000; client++) await ask(client);
    assertEquals(test.usable, "ab");
  });
}
