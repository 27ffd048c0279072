import { assert, assertEquals, assertMatch } from "@std/assert";
import { forEachEngine } from "../support/each_engine.ts";
import { ResettingBackend } from "../support/resetting_backend.ts";
import { deadPort } from "../support/dead_port.ts";
import { type Behaviour, ScriptedBackend } from "../support/scripted_backend.ts";

forEachEngine(({ engine, balance, test }) => {
  const refusing = () => `http://127.0.0.1:${deadPort()}`;
  const GARBAGE = { replyAndClose: "this is not HTTP\r\n\r\n" } as const;

  interface Outage {
    readonly when: string;
    /** A behaviour, a port that refuses, or a backend that resets. */
    readonly backends: readonly (Behaviour | "refuse" | "reset")[];
    readonly method?: string;
    /** The index of the backend that answered each request, or the status of a local reply. */
    readonly answers: readonly (number | "503" | "502" | "504")[];
  }

  /** Which backends fail when, and who serves then. */
  const OUTAGES: readonly Outage[] = [
    { when: "all serve", backends: ["serve", "serve", "serve"], answers: [0, 1, 2, 0, 1, 2] },
    {
      when: "the first refuses",
      backends: ["refuse", "serve", "serve"],
      answers: [1, 2, 1, 2, 1, 2],
    },
    {
      when: "the last refuses",
      backends: ["serve", "serve", "refuse"],
      answers: [0, 1, 0, 1, 0, 1],
    },
    { when: "two refuse", backends: ["refuse", "refuse", "serve"], answers: [2, 2, 2, 2] },
    { when: "all refuse", backends: ["refuse", "refuse"], answers: ["503", "503"] },
    { when: "one resets", backends: ["reset", "serve"], answers: [1, 1, 1, 1] },
    { when: "all reset", backends: ["reset", "reset"], answers: ["502", "502"] },
    {
      when: "one resets",
      backends: ["reset", "serve"],
      method: "POST",
      answers: ["502", 1, "502"],
    },
    { when: "one closes", backends: ["close", "serve"], answers: [1, 1, 1, 1] },
    { when: "one closes after a byte", backends: [{ closeAfter: 1 }, "serve"], answers: [1, 1, 1] },
    { when: "one talks garbage", backends: [GARBAGE, "serve"], answers: [1, 1, 1] },
    { when: "one stalls", backends: ["stall", "serve"], answers: [1, 1] },
    { when: "all close", backends: ["close", "close"], answers: ["502", "502"] },
    { when: "all talk garbage", backends: [GARBAGE, GARBAGE], answers: ["502"] },
    { when: "all stall", backends: ["stall", "stall"], answers: ["504"] },
    { when: "one refuses", backends: ["refuse", "serve"], method: "POST", answers: [1, 1, 1] },
    {
      when: "one closes",
      backends: ["close", "serve"],
      method: "POST",
      answers: ["502", 1, "502"],
    },
    { when: "one stalls", backends: ["stall", "serve"], method: "POST", answers: ["504", 1] },
    {
      when: "one talks garbage",
      backends: [GARBAGE, "serve"],
      method: "POST",
      answers: ["502", 1],
    },
  ];

  for (const { when, backends, method = "GET", answers } of OUTAGES) {
    test(`failover: ${method} while ${when}: ${answers.join(" ")}`, async () => {
      await using stack = new AsyncDisposableStack();
      const urls = await Promise.all(backends.map(async (behaviour, index) => {
        if (behaviour === "refuse") return refusing();
        if (behaviour === "reset") return stack.use(await ResettingBackend.start()).url;
        return stack.use(new ScriptedBackend(String(index), behaviour)).url;
      }));
      // Where nobody stalls, a loaded machine must not look like a backend that does.
      const limits = backends.includes("stall") ? { firstByteTimeout: 200 } : {};
      const balancer = stack.use(balance(urls, limits));
      const seen: string[] = [];
      for (const _ of answers) {
        const body = method === "POST" ? "x=1" : null;
        const response = await fetch(balancer.url, { method, body });
        const text = await response.text();
        seen.push(response.ok ? text : String(response.status));
      }
      assertEquals(seen, answers.map(String));
    });
  }

  test("failover: 503 is explained in its body and in Proxy-Status", async () => {
    await using balancer = balance([refusing(), refusing()]);
    const response = await fetch(balancer.url);
    assertEquals([response.status, await response.text()], [503, "Service not available\n"]);
    assertEquals(response.headers.get("proxy-status"), "roundabout; error=connection_refused");
  });

  test("failover: MAX_ATTEMPTS ends it early, with the outcome of the last attempt", async () => {
    await using backend = new ScriptedBackend("users-3");
    await using balancer = balance([refusing(), refusing(), backend.url], { maxAttempts: 2 });
    const statuses = [];
    for (let i = 0; i < 3; i++) {
      const response = await fetch(balancer.url);
      await response.body?.cancel();
      statuses.push(response.status);
    }
    assert(statuses.includes(503) && statuses.includes(200), String(statuses));
    assert(balancer.entries.every(({ attempts }) => attempts.length <= 2));
  });

  test("failover: a request goes to each backend at most once", async () => {
    await using a = new ScriptedBackend("a", "close");
    await using b = new ScriptedBackend("b", "close");
    await using balancer = balance([a.url, b.url]);
    const response = await fetch(balancer.url);
    assertEquals(response.status, 502);
    assertEquals([a.requests.length, b.requests.length], [1, 1]);
    await response.body?.cancel();
  });

  test("failover: a backend's own 503 is passed to the client, and no other backend is asked", async () => {
    const reply = { reply: "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy" };
    await using a = new ScriptedBackend("a", reply);
    await using b = new ScriptedBackend("b");
    await using balancer = balance([a.url, b.url]);
    const response = await fetch(balancer.url);
    assertEquals([response.status, await response.text()], [503, "busy"]);
    assertEquals(response.headers.get("proxy-status"), null);
  });

  test("failover: a backend is reported once when it begins to fail, and once when it answers again", async () => {
    const port = deadPort();
    await using balancer = balance([`http://127.0.0.1:${port}`]);
    for (let i = 0; i < 3; i++) await (await fetch(balancer.url)).body?.cancel();
    {
      await using _backend = new ScriptedBackend("back", "serve", port);
      for (let i = 0; i < 3; i++) await (await fetch(balancer.url)).body?.cancel();
    }
    assertEquals(balancer.changes, [
      `127.0.0.1:${port} fails: connection_refused`,
      `127.0.0.1:${port} answers`,
    ]);
  });

  test("failover: a client that leaves ends the attempt, and no other is made", async () => {
    await using a = new ScriptedBackend("a", "stall");
    await using b = new ScriptedBackend("b");
    await using balancer = balance([a.url, b.url]);
    const leaving = new AbortController();
    const response = fetch(balancer.url, { signal: leaving.signal }).catch(() => "left");
    await a.until(() => a.requests.length === 1);
    leaving.abort();
    assertEquals(await response, "left");
    await a.until(() => a.openConnections === 0);
    assertEquals(b.requests.length, 0);
    assertEquals(balancer.changes, []);
  });

  test("failover: a client that leaves during a response closes the backend's connection", async () => {
    await using a = new ScriptedBackend("a", {
      reply: "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nbeginning",
    });
    // For a few seconds the tcp engine cannot tell it from a half-close.
    await using balancer = balance([a.url], engine === "tcp" ? { idleTimeout: 500 } : {});
    const leaving = new AbortController();
    const response = await fetch(balancer.url, { signal: leaving.signal });
    assertEquals(response.status, 200);
    leaving.abort();
    await response.text().catch(() => {});
    await a.until(() => a.openConnections === 0);
  });

  test("failover: a backend whose name does not resolve is skipped like any that cannot be reached", async () => {
    await using a = new ScriptedBackend("a");
    await using balancer = balance(["http://nowhere.invalid:5000", a.url]);
    for (let i = 0; i < 2; i++) {
      const response = await fetch(balancer.url);
      assertEquals(await response.text(), "a");
    }
    assertMatch(balancer.changes.join(), /nowhere\.invalid:5000 fails: dns_error/);
  });
});
