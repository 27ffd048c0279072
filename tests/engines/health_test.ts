import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Backend } from "../../lib/backends/backend.ts";
import { startProbes } from "../../lib/health/prober.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { ResettingBackend } from "../support/resetting_backend.ts";
import { deadPort } from "../support/dead_port.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { pause } from "../support/timing.ts";

forEachEngine(({ engine, balance, test }) => {
  const ask = async (url: string, init?: RequestInit) => {
    const response = await fetch(url, init);
    const text = await response.text();
    return response.ok ? text : String(response.status);
  };

  async function askTimes(times: number, url: string): Promise<string[]> {
    const answers = [];
    for (let i = 0; i < times; i++) answers.push(await ask(url));
    return answers;
  }

  test("health: a backend that resets is ejected after five failures, and gets no more requests", async () => {
    await using resetting = await ResettingBackend.start();
    await using backend = new ScriptedBackend("b");
    await using balancer = balance([resetting.url, backend.url]);
    assertEquals(new Set(await askTimes(20, balancer.url)), new Set(["b"]));
    const attempts = balancer.entries.flatMap(({ attempts }) => attempts);
    assertEquals(attempts.filter(({ outcome }) => outcome.kind === "failed").length, 5);
    assertMatch(balancer.changes.join(), /ejected: connection_terminated/);
  });

  test("health: two of three backends refuse: no request fails, each is asked by one, and both are ejected", async () => {
    await using backend = new ScriptedBackend("c");
    const urls = [`http://127.0.0.1:${deadPort()}`, `http://127.0.0.1:${deadPort()}`, backend.url];
    await using balancer = balance(urls, { retryBudget: 0 });
    assertEquals(new Set(await askTimes(20, balancer.url)), new Set(["c"]));
    const attempts = balancer.entries.flatMap(({ attempts }) => attempts);
    assertEquals(attempts.length, 22);
    while (balancer.pool.backends.filter(({ usable }) => usable).length > 1) await pause(20);
    assertEquals(balancer.pool.backends.map(({ usable }) => usable), [false, false, true]);
  });

  test("health: an ejected backend that is back gets one request, and is used again if that succeeds", async () => {
    const port = deadPort();
    await using other = new ScriptedBackend("other");
    const pool = { ejection: { after: 2, time: 100 }, slowStart: 0 };
    await using balancer = balance([`http://127.0.0.1:${port}`, other.url], { pool });
    while (balancer.pool.backends[0]!.usable) await ask(balancer.url);
    await using _back = new ScriptedBackend("back", "serve", port);
    while (await ask(balancer.url) !== "back");
    assertEquals(new Set(await askTimes(4, balancer.url)), new Set(["back", "other"]));
    assert(balancer.changes.includes(`127.0.0.1:${port} reinstated`));
  });

  test("health: while all backends refuse, a request asks three of them, and one that is back is found without requests", async () => {
    const ports = Array.from({ length: 8 }, deadPort);
    await using balancer = balance(ports.map((port) => `http://127.0.0.1:${port}`));
    assertEquals(await askTimes(3, balancer.url), ["503", "503", "503"]);
    assertEquals(balancer.entries.map(({ attempts }) => attempts.length), [8, 3, 3]);
    await using back = new ScriptedBackend("back", "serve", ports[5]);
    while (balancer.pool.backends[5]!.unreachable) await pause(20);
    assertEquals([back.connections, back.requests.length], [1, 0]);
    assertEquals(await askTimes(3, balancer.url), ["back", "back", "back"]);
    assertEquals(balancer.entries.slice(3).map(({ attempts }) => attempts.length), [1, 1, 1]);
  });

  test("health: a response that breaks off in its body counts against its backend", async () => {
    // Longer than the short bodies that the web engine receives first.
    const half = `HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${"x".repeat(50_000)}`;
    await using broken = new ScriptedBackend("a", { replyAndClose: half });
    await using backend = new ScriptedBackend("b");
    const pool = { ejection: { after: 2, time: 10_000 } };
    await using balancer = balance([broken.url, backend.url], { pool });
    for (let i = 0; i < 8; i++) await ask(balancer.url).catch(() => "cut short");
    assertEquals(broken.requests.length, 2);
    assertEquals(balancer.entries.filter(({ broken }) => broken !== undefined).length, 2);
  });

  test("health: a client that leaves during a response does not count against the backend", async () => {
    await using a = new ScriptedBackend("a", {
      reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nevent\r\n",
    });
    await using balancer = balance([a.url], { idleTimeout: 1_000 });
    for (let i = 0; i < 8; i++) {
      const leaving = new AbortController();
      const response = await fetch(balancer.url, { signal: leaving.signal });
      const reader = response.body!.getReader();
      await reader.read();
      leaving.abort();
      await reader.read().catch(() => {});
    }
    while (balancer.entries.length < 8) await new Promise((resolve) => setTimeout(resolve, 5));
    const [{ inFlight, standing }] = balancer.pool.backends as [Backend];
    // While nothing moves, the tcp engine gives a client that has closed a few seconds: it may still read.
    const stalled = balancer.entries.filter(({ broken }) => broken === "the response stalled");
    assertEquals([inFlight, standing.failures], [0, stalled.length]);
    if (engine === "web") assertEquals(stalled, []);
  });

  test("health: a request stops counting as in flight at its backend when its response ends, however it ends", async () => {
    await using backend = new ScriptedBackend("a", ({ target }) => {
      if (target === "/long") {
        return {
          reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n",
        };
      }
      if (target === "/break") return "close";
      return "serve";
    });
    await using balancer = balance([backend.url], {
      pool: { ejectMax: 0 },
      idleTimeout: 200, // nothing moves any more, so only this makes the tcp engine notice
    });
    const inFlight = () => balancer.pool.backends[0]!.inFlight;
    const none = inFlight();
    const leaving = new AbortController();
    const response = await fetch(`${balancer.url}/long`, { signal: leaving.signal });
    const during = inFlight();
    leaving.abort();
    await response.text().catch(() => {});
    await ask(`${balancer.url}/break`);
    await ask(balancer.url);
    while (balancer.entries.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    assertEquals([none, during, inFlight()], [0, 1, 0]);
  });

  test("health: requests over BACKEND_MAX_IN_FLIGHT go to the next backend, then get 503 with Retry-After", async () => {
    await using a = new ScriptedBackend("a", "stall");
    await using b = new ScriptedBackend("b", "stall");
    const options = { pool: { backendMaxInFlight: 1 }, firstByteTimeout: 10_000 };
    await using balancer = balance([a.url, b.url], options);
    const leaving = new AbortController();
    const waiting = [1, 2].map(() => ask(balancer.url, leaving).catch(() => "left"));
    await a.until(() => a.requests.length === 1);
    await b.until(() => b.requests.length === 1);
    const response = await fetch(balancer.url);
    assertEquals([response.status, await response.text()], [503, "Service not available\n"]);
    assertEquals(response.headers.get("retry-after"), "1");
    assertEquals(
      response.headers.get("proxy-status"),
      "roundabout; error=connection_limit_reached",
    );
    leaving.abort();
    assertEquals(await Promise.all(waiting), ["left", "left"]);
    while (balancer.pool.backends.some(({ inFlight }) => inFlight > 0)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assertEquals(balancer.changes, []);
  });

  test("health: while all backends break off every request, retries add little to the load", async () => {
    await using a = new ScriptedBackend("a", "close");
    await using b = new ScriptedBackend("b", "close");
    await using c = new ScriptedBackend("c", "close");
    const backends = [a, b, c];
    await using balancer = balance(backends.map(({ url }) => url), { retryBudget: 0.2 });
    const reasons = new Set<string | null>();
    const startedAt = performance.now();
    for (let i = 0; i < 200; i++) {
      const response = await fetch(balancer.url);
      await response.body?.cancel();
      assertEquals(response.status, 502);
      reasons.add(response.headers.get("proxy-status"));
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const seen = backends.reduce((sum, { requests }) => sum + requests.length, 0);
    assert(seen >= 240 && seen <= 200 * 1.2 + 10 * (seconds + 3), `${seen} in ${seconds} s`);
    assert(reasons.has(
      'roundabout; error=connection_terminated; details="not sent again: retry budget used up"',
    ));
  });

  test("health: while one of four backends is frozen, every GET of a quiet service is answered by another", async () => {
    await using a = new ScriptedBackend("a", "stall");
    await using b = new ScriptedBackend("b");
    await using c = new ScriptedBackend("c");
    await using d = new ScriptedBackend("d");
    const urls = [a, b, c, d].map(({ url }) => url);
    const clock = new ManualClock(); // so that no other one is slow on a busy machine
    await using balancer = balance(urls, { retryBudget: 0, firstByteTimeout: 200, clock });
    const asked = Promise.all(Array.from({ length: 16 }, () => ask(balancer.url)));
    await a.until(() => a.requests.length === 4);
    while (balancer.entries.length < 12) await pause(5);
    await clock.advanceUntil(() => balancer.pool.backends[0]!.inFlight === 0);
    const answers = await asked;
    assertEquals(answers.filter((answer) => !"bcd".includes(answer)), []);
    assertEquals(a.requests.length, 4);
  });

  test("health: a backend that fails its probes gets no requests, although it still serves", async () => {
    await using sick = new ScriptedBackend("sick", ({ target }) => {
      if (target !== "/base/healthz?deep=1") return "serve";
      return { reply: "HTTP/1.1 500 Sick\r\nContent-Length: 0\r\n\r\n" };
    });
    await using well = new ScriptedBackend("well");
    await using balancer = balance([`${sick.url}/base`, well.url]);
    const { pool } = balancer;
    await using _probes = startProbes({
      backends: pool.backends,
      path: "/healthz?deep=1",
      good: [[200, 399]],
      interval: 20,
      timeout: 1_000,
      random: () => 0,
      onProbe: (backend, good, reason) => pool.probed(backend, good, reason),
    });
    await sick.until(() => !pool.backends[0]!.usable);
    assertEquals(new Set(await askTimes(6, balancer.url)), new Set(["well"]));
    assertEquals(balancer.changes.length, 1);
  });
});
