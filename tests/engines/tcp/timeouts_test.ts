import { assert, assertEquals, assertMatch } from "@std/assert";
import { balance as balanceWith, type TestOptions } from "../../support/balancer.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { RawBackend } from "../../support/raw_backend.ts";
import { Dialogue } from "../../support/raw_client.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";
import { latin1 } from "../../support/strict_parser.ts";
import { assertAbout, pause, timed } from "../../support/timing.ts";

const balance = (urls: readonly string[], options?: TestOptions) =>
  balanceWith(urls, { ...options, engine: "tcp" });

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
/** More than the balancer's clock moves at once, so that a machine that pauses does not end it early. */
const SHORT = 300;

Deno.test("timeouts: a head that is not complete within HEADER_TIMEOUT gets 408, even if bytes keep arriving", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url], { headerTimeout: SHORT });
  using client = await Dialogue.open(balancer.port);
  await client.send("GET / HTTP/1.1\r\nX-Slow: ");
  let trickling = true;
  const trickle = (async () => {
    while (trickling) {
      await client.send("x").catch(() => trickling = false);
      await pause(20);
    }
  })();
  const [, took] = await timed(async () => {
    assertEquals((await client.response()).status, 408);
  });
  assertAbout(took, SHORT);
  trickling = false;
  await trickle;
  assertEquals(balancer.entries.map(({ status, refused }) => [status, refused]), [
    [408, "the head did not arrive in time"],
  ]);
});

Deno.test("timeouts: an idle connection is closed after KEEP_ALIVE_TIMEOUT, before the first request and between two", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url], { keepAliveTimeout: SHORT });
  using silent = await Dialogue.open(balancer.port);
  using client = await Dialogue.open(balancer.port);
  await client.send(GET);
  await client.response();
  const [, took] = await timed(() => client.rest());
  assertAbout(took, SHORT);
  assertEquals(await silent.rest(), "");
});

Deno.test("timeouts: a body that stalls gets 408 after IDLE_TIMEOUT, and no backend takes it for complete", async () => {
  await using backend = new ScriptedBackend("a");
  await using other = new ScriptedBackend("b");
  await using balancer = balance([backend.url, other.url], { idleTimeout: SHORT });
  using client = await Dialogue.open(balancer.port);
  await client.send("PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhalf");
  assertEquals((await client.response()).status, 408);
  await backend.until(() => backend.openConnections === 0);
  assertEquals([backend.requests, other.connections, balancer.changes], [[], 0, []]);
  assertEquals(balancer.entries.map(({ status, refused }) => [status, refused]), [
    [408, "the body stalled"],
  ]);
});

Deno.test("timeouts: FIRST_BYTE_TIMEOUT does not run while the body is still arriving", async () => {
  await using backend = new ScriptedBackend("a");
  const clock = new ManualClock();
  await using balancer = balance([backend.url], { firstByteTimeout: SHORT, clock });
  using client = await Dialogue.open(balancer.port);
  await client.send("PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 8\r\n\r\n");
  let received = 0;
  for (let i = 0; i < 8; i++) {
    await client.send("x");
    await backend.until(() => backend.bytesReceived > received);
    received = backend.bytesReceived;
    if (i < 7) await clock.advance(3 * SHORT);
  }
  assertEquals((await client.response()).status, 200);
});

Deno.test("timeouts: a response that stalls is cut off after IDLE_TIMEOUT, and logged as stalled", async () => {
  await using backend = new ScriptedBackend("a", {
    reply: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
  });
  await using balancer = balance([backend.url], { idleTimeout: SHORT });
  using client = await Dialogue.open(balancer.port);
  await client.send(GET);
  assert((await client.rest()).endsWith("half"));
  await backend.until(() => backend.openConnections === 0);
  assertEquals(balancer.entries[0]!.broken, "the response stalled");
});

Deno.test("timeouts: if a client reads nothing for IDLE_TIMEOUT, it is disconnected, and the backend too", async () => {
  const body = new Uint8Array(1024 * 1024);
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await side.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    while (true) await side.send(body);
  });
  await using balancer = balance([backend.url], { idleTimeout: SHORT });
  using client = await Dialogue.open(balancer.port);
  await client.send(GET);
  await client.until("\r\n\r\n"); // and then nothing more
  while (balancer.entries.length === 0 || backend.openConnections > 0) {
    await pause(10);
  }
  assertEquals([balancer.entries[0]!.status, backend.errors], [200, []]);
});

Deno.test("timeouts: a connection attempt without answer ends after CONNECT_TIMEOUT, and another backend is tried", async () => {
  // It accepts nothing: once its queue is full, the system leaves further SYNs unanswered.
  using full = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { port } = full.addr;
  const fill = Array.from(
    { length: 8 },
    () =>
      Deno.connect({ hostname: "127.0.0.1", port, signal: AbortSignal.timeout(400) }).catch(
        () => {},
      ),
  );
  const filled = await Promise.all(fill);
  await using backend = new ScriptedBackend("a");
  const url = `http://127.0.0.1:${port}`;
  await using balancer = balance([url, backend.url], { connectTimeout: SHORT });
  using client = await Dialogue.open(balancer.port);
  const [, took] = await timed(async () => {
    await client.send(GET.replace("GET", "POST"));
    assertEquals(latin1((await client.response()).body), "a");
  });
  assertAbout(took, SHORT);
  assertMatch(balancer.changes[0]!, /connection_timeout/);
  for (const connection of filled) connection?.close();
});

Deno.test("timeouts: a backend connection that was idle for BACKEND_IDLE_TIMEOUT is closed, and not reused", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url], { backendIdleTimeout: SHORT });
  using client = await Dialogue.open(balancer.port);
  await client.send(GET);
  await client.response();
  await backend.until(() => backend.openConnections === 0);
  await client.send(GET);
  await client.response();
  assertEquals(backend.connections, 2);
});

for (
  const [announced, connections] of [["timeout=1, max=9", 2], ["timeout=30", 1], [
    "max=5",
    1,
  ]] as const
) {
  Deno.test(`timeouts: with Keep-Alive: ${announced} of the backend, two requests need ${connections} connection(s)`, async () => {
    const reply = `HTTP/1.1 200 OK\r\nKeep-Alive: ${announced}\r\nContent-Length: 0\r\n\r\n`;
    await using backend = new ScriptedBackend("a", { reply });
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    for (let i = 0; i < 2; i++) {
      await client.send(GET);
      await client.response();
    }
    assertEquals(backend.connections, connections);
  });
}

Deno.test("timeouts: a request that is not idempotent uses no connection that was idle for more than a second", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  const send = async (method: string) => {
    await client.send(GET.replace("GET", method));
    await client.response();
  };
  await send("GET");
  await send("POST");
  assertEquals(backend.connections, 1);
  await pause(1_150);
  await send("GET");
  assertEquals(backend.connections, 1);
  await pause(1_150);
  await send("POST");
  assertEquals(backend.connections, 2);
});
