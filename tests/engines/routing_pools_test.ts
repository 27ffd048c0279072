/** Several pools side by side, and what a route says of its own about waiting and retrying. */
import { assert, assertEquals } from "@std/assert";
import { forEachConfiguredEngine } from "../support/configured.ts";
import { DeafPort } from "../support/deaf_port.ts";
import { Dialogue, request } from "../support/raw_client.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { latin1 } from "../support/strict_parser.ts";
import { assertAbout, timed } from "../support/timing.ts";

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`;
const post = (path: string, body = "hi") =>
  `POST ${path} HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** A route for each path, all to the same pool. */
const routesTo = (pool: string, settings: Readonly<Record<string, unknown>>) => [
  { pool },
  ...Object.entries(settings).map(([path, setting]) => ({
    match: { path },
    pool,
    ...setting as object,
  })),
];

forEachConfiguredEngine(({ start, test }) => {
  test("route timeouts: firstByte and request of a route come before those of its pool", async () => {
    await using backend = new ScriptedBackend("a", "stall");
    await using balancer = await start({
      pools: { a: { backends: [backend.url], timeouts: { firstByte: "5s", request: "10s" } } },
      routes: routesTo("a", {
        "/first": { timeouts: { firstByte: "100ms" } },
        "/request": { timeouts: { request: "150ms" } },
      }),
    });
    for (const [path, milliseconds] of [["/first", 100], ["/request", 150]] as const) {
      const [{ status }, took] = await timed(() => request(balancer.port, get(path)));
      assertEquals(status, 504);
      assertAbout(took, milliseconds);
    }
  });

  test("route timeouts: idle of a route breaks off a response that stalls, that of the pool does not", async () => {
    const release = Promise.withResolvers<void>();
    await using backend = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      await side.send(`HTTP/1.1 200 OK\r\nContent-Length: 200004\r\n\r\n${"x".repeat(200_000)}`);
      await release.promise;
      await side.send("late");
    });
    await using balancer = await start({
      pools: { a: { backends: [backend.url], timeouts: { idle: "10s" } } },
      routes: routesTo("a", { "/quick": { timeouts: { idle: "100ms" } } }),
    });
    using patient = await Dialogue.open(balancer.port);
    await patient.send(get("/patient"));
    await patient.until("x".repeat(1000));
    using quick = await Dialogue.open(balancer.port);
    await quick.send(get("/quick"));
    assert((await quick.rest()).length < 201_000);
    release.resolve();
    await patient.until("late");
  });

  test("route timeouts: connect of a route is how long it waits for a connection", async () => {
    using deaf = await DeafPort.open();
    await using balancer = await start({
      pools: { a: { backends: [deaf.url], timeouts: { connect: "5s" } } },
      routes: routesTo("a", { "/quick": { timeouts: { connect: "150ms", firstByte: "400ms" } } }),
    });
    const [{ status }, took] = await timed(() => request(balancer.port, get("/quick")));
    assert(status === 503 || status === 504, `${status}`);
    assert(took < 4_500, `${took} ms`);
  });

  test("route attempts: a route says how many there are", async () => {
    await using a = new ScriptedBackend("a", "close");
    await using b = new ScriptedBackend("b", "close");
    await using c = new ScriptedBackend("c", "close");
    await using balancer = await start({
      pools: {
        a: {
          backends: [a.url, b.url, c.url],
          ejection: { after: "off" },
          retry: { budget: "off" },
        },
      },
      routes: routesTo("a", {
        "/one": { retry: { attempts: 1 } },
        "/two": { retry: { attempts: 2 } },
      }),
    });
    for (const [path, attempts] of [["/one", 1], ["/two", 2], ["/all", 3]] as const) {
      assertEquals((await request(balancer.port, get(path))).status, 502);
      assertEquals(balancer.entries.at(-1)!.attempts.length, attempts, path);
    }
  });

  test("route attempts: a POST is never sent twice, whatever its route says", async () => {
    await using a = new ScriptedBackend("a", "close");
    await using b = new ScriptedBackend("b", "close");
    await using balancer = await start({
      pools: { a: { backends: [a.url, b.url], retry: { budget: "off" } } },
      routes: [{
        match: { pathPrefix: "/api" },
        pool: "a",
        stripPrefix: true,
        requestHeaders: { set: { "X-A": "1" } },
        retry: { attempts: 5 },
      }],
    });
    for (let i = 0; i < 4; i++) {
      assertEquals((await request(balancer.port, post("/api/x"))).status, 502);
    }
    assertEquals(a.requests.length + b.requests.length, 4);
  });

  test("pools: each has its own turn, and a request of one does not move another on", async () => {
    await using a = new ScriptedBackend("a");
    await using b = new ScriptedBackend("b");
    await using c = new ScriptedBackend("c");
    await using d = new ScriptedBackend("d");
    await using balancer = await start({
      pools: { one: { backends: [a.url, b.url] }, two: { backends: [c.url, d.url] } },
      routes: [{ match: { pathPrefix: "/one" }, pool: "one" }, { pool: "two" }],
    });
    const names = [];
    for (const path of ["/one", "/two", "/one", "/one", "/two", "/two", "/one"]) {
      names.push(latin1((await request(balancer.port, get(path))).body));
    }
    const first = names.filter((name) => "ab".includes(name));
    const second = names.filter((name) => "cd".includes(name));
    assertEquals(first, first[0] === "a" ? ["a", "b", "a", "b"] : ["b", "a", "b", "a"]);
    assertEquals(second, second[0] === "c" ? ["c", "d", "c"] : ["d", "c", "d"]);
  });

  test("pools: the same backend in two of them is ejected in the one where it fails", async () => {
    await using shared = new ScriptedBackend(
      "shared",
      ({ target }) => target === "/bad" ? "close" : "serve",
    );
    await using other = new ScriptedBackend("other");
    await using balancer = await start({
      defaults: { ejection: { after: 2, time: "1m" }, retry: { budget: "off" } },
      pools: {
        good: { backends: [shared.url] },
        bad: { backends: [shared.url, other.url] },
      },
      routes: [{ match: { path: "/bad" }, pool: "bad" }, { pool: "good" }],
    });
    for (let i = 0; i < 6; i++) {
      assertEquals((await request(balancer.port, get("/bad"))).status, 200);
    }
    const sent = shared.requests.length;
    assertEquals(sent, 2);
    assert(balancer.changes.some((change) => /^bad: .* ejected$/.test(change)));
    assert(!balancer.changes.some((change) => change.startsWith("good: ")));
    for (let i = 0; i < 3; i++) assertEquals((await request(balancer.port, get("/"))).status, 200);
    assertEquals(shared.requests.length, sent + 3);
  });

  test("pools: each has its own retry budget", async () => {
    await using a = new ScriptedBackend("a", "close");
    await using b = new ScriptedBackend("b", "close");
    await using balancer = await start({
      defaults: { ejection: { after: "off" } },
      pools: {
        poor: { backends: [a.url, b.url], retry: { budget: "0%" } },
        rich: { backends: [a.url, b.url], retry: { budget: "off" } },
      },
      routes: [{ match: { path: "/rich" }, pool: "rich" }, { pool: "poor" }],
    });
    const attempts = async (path: string) => {
      const counts = [];
      for (let i = 0; i < 30; i++) {
        assertEquals((await request(balancer.port, get(path))).status, 502);
        counts.push(balancer.entries.at(-1)!.attempts.length);
      }
      return counts;
    };
    const poor = await attempts("/poor");
    assert(poor.filter((count) => count === 1).length > 10, `${poor}`);
    assertEquals(await attempts("/rich"), Array(30).fill(2));
  });

  test("pools: one whose backends are all dead leaves the others alone", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start({
      pools: {
        dead: { backends: [`http://127.0.0.1:${deadPort()}`] },
        alive: { backends: [backend.url] },
      },
      routes: [{ match: { path: "/dead" }, pool: "dead" }, { pool: "alive" }],
    });
    using client = await Dialogue.open(balancer.port);
    for (let i = 0; i < 10; i++) {
      await client.send(get("/dead"));
      assertEquals((await client.response()).status, 503);
      await client.send(get("/"));
      assertEquals((await client.response()).status, 200);
    }
    assertEquals(backend.requests.length, 10);
  });
});
