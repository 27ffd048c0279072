import { assert, assertEquals, assertRejects } from "@std/assert";
import { POLICY_NAMES, type PolicyName } from "../../lib/config/model.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { policyOf } from "../support/fakes.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { seeded } from "../support/random.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const textOf = async (url: string) => await (await fetch(url)).text();

/** A head, and half of the body that it announces, which is too long to be received first. */
const HALF = `HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n${"x".repeat(100_000)}`;

forEachEngine(({ balance, test }) => {
  for (const name of ["least_connections", "p2c"] as const satisfies PolicyName[]) {
    test(`policies: for ${name} a request is in flight until its body has ended, not its head`, async () => {
      await using a = new ScriptedBackend("a", { reply: HALF });
      await using b = new ScriptedBackend("b", { reply: HALF });
      await using balancer = balance([a.url, b.url], { pool: { policy: policyOf(name) } });
      const first = await fetch(balancer.url);
      const [busy, idle] = a.requests.length === 1 ? [a, b] : [b, a];
      busy.behaviour = idle.behaviour = "serve";
      const inFlight = () => balancer.pool.backends.map(({ inFlight }) => inFlight);
      assertEquals(inFlight().toSorted(), [0, 1]);
      for (let i = 0; i < 20; i++) assertEquals(await textOf(balancer.url), idle.name);

      busy.kill();
      await assertRejects(() => first.text());
      assertEquals(inFlight(), [0, 0]);
    });
  }

  test("policies: consistent_hash takes the same path to the same backend", async () => {
    await using a = new ScriptedBackend("a");
    await using b = new ScriptedBackend("b");
    await using c = new ScriptedBackend("c");
    const policy = policyOf("consistent_hash", ({ path }) => path);
    await using balancer = balance([a.url, b.url, c.url], { pool: { policy } });
    const owners = new Map<string, string>();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 12; i++) {
        const by = await textOf(`${balancer.url}/${i}`);
        assertEquals(owners.get(`/${i}`) ?? by, by);
        owners.set(`/${i}`, by);
      }
    }
    assert(new Set(owners.values()).size > 1);

    // Paths of a backend that dies move to others; all other paths stay.
    const gone = owners.get("/0")!;
    [a, b, c].find(({ name }) => name === gone)!.kill();
    for (let i = 0; i < 12; i++) {
      const by = await textOf(`${balancer.url}/${i}`);
      assertEquals(by === owners.get(`/${i}`), owners.get(`/${i}`) !== gone);
    }
  });

  test("policies: peak_ewma avoids a backend whose responses are slow", async () => {
    await using slow = new ScriptedBackend("slow", "stall");
    await using fast = new ScriptedBackend("fast");
    const clock = new ManualClock(); // so that `fast` is fast on any machine
    const pool = { policy: policyOf("peak_ewma"), random: seeded(1) };
    await using balancer = balance([slow.url, fast.url], { clock, pool, firstByteTimeout: 150 });
    const [backend] = balancer.pool.backends;
    for (let i = 0; i < 30; i++) {
      const tries = slow.requests.length;
      const answer = textOf(balancer.url);
      await Promise.race([answer, slow.until(() => slow.requests.length > tries)]);
      if (slow.requests.length > tries) {
        await clock.advanceUntil(() => backend!.inFlight === 0);
      }
      assertEquals(await answer, "fast");
    }
    assert(slow.requests.length > 0, "none tried the one that hangs");
    assert(slow.requests.length < 3, `${slow.requests.length} of 30 tried the one that hangs`);
  });

  for (const name of POLICY_NAMES) {
    test(`policies: under ${name} an ejected backend that answers again is reinstated`, async () => {
      await using a = new ScriptedBackend("a", "close");
      await using b = new ScriptedBackend("b");
      const policy = policyOf(name, ({ path }) => path);
      const ejection = { after: 1, time: 100 };
      const pool = { policy, ejection, slowStart: 0, random: seeded(1) };
      await using balancer = balance([a.url, b.url], { pool });
      const reported = (kind: string) => balancer.changes.some((change) => change.includes(kind));
      const [backend] = balancer.pool.backends;
      for (let i = 0; !reported("ejected"); i++) {
        await textOf(`${balancer.url}/${i}`);
        backend!.latency = undefined; // a failure would keep peak_ewma from it for a while
      }
      a.behaviour = "serve";
      const startedAt = performance.now();
      for (let i = 0; !reported("reinstated") && performance.now() - startedAt < 5_000; i++) {
        assertEquals((await fetch(`${balancer.url}/${i}`).then((r) => r.text())).length, 1);
      }
      assert(reported("reinstated"), balancer.changes.join());
    });
  }
});
