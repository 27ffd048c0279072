/** A change of the configuration under both engines, while clients are connected and requests under way. */
import { assert, assertEquals } from "@std/assert";
import { BACKEND, backendRecords } from "../../lib/shared_memory/layout.ts";
import { ENGINE_NAMES } from "../support/each_engine.ts";
import { type ConfiguredPlane, planeOf } from "../support/configured_plane.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { Dialogue, exchange } from "../support/raw_client.ts";
import { ask, askOn, GET, text, users } from "../support/changed_plane.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { SocketBackend, TestSocket } from "../support/websocket.ts";

function inFlightAt(plane: ConfiguredPlane, backend: ScriptedBackend): number {
  const id = backend.url.replace("http://", "");
  const { buffer } = plane.state.pools.get("users")!.backends.get(id)!;
  return backendRecords(2, buffer).record(BACKEND).inFlight.value;
}

for (const engine of ENGINE_NAMES) {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`reload: ${engine} engine: ${name}`, run);

  test("a kept connection stays open, and its next request is served by the new configuration", async () => {
    await using a = new ScriptedBackend("a");
    await using b = new ScriptedBackend("b");
    await using plane = await planeOf(engine, users(a.url));
    using client = await Dialogue.open(plane.port);
    assertEquals(await askOn(client), "a");
    await plane.change(users(b.url));
    assertEquals(await askOn(client), "b");
    await plane.change({
      ...users(b.url),
      routes: [{ respond: { status: 200, body: "itself" } }],
    });
    assertEquals(await askOn(client), "itself");
  });

  test("a request that has begun finishes at a backend that is taken out", async () => {
    await using b = new ScriptedBackend("b");
    const finish = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    await using a = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      await side.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
      arrived.resolve();
      await finish.promise;
      await side.send("cd");
    });
    await using plane = await planeOf(engine, users(a.url));
    using client = await Dialogue.open(plane.port);
    await client.send(GET);
    await arrived.promise;
    await plane.change(users(b.url));
    assertEquals(await ask(plane.port), "b");
    finish.resolve();
    assertEquals(text((await client.response()).body), "abcd");
  });

  test("a request that waits for a backend that is taken out is retried at one that is there", async () => {
    const gone = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    await using a = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      arrived.resolve();
      await gone.promise; // then it closes without an answer
    });
    await using b = new ScriptedBackend("b");
    await using plane = await planeOf(engine, users(a.url, { url: b.url, backup: true }));
    using client = await Dialogue.open(plane.port);
    await client.send(GET);
    await arrived.promise;
    await plane.change(users(b.url));
    gone.resolve();
    assertEquals(text((await client.response()).body), "b");
  });

  test("a retry does not go to a backend that was taken out while another one is left", async () => {
    const gone = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    await using a = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      arrived.resolve();
      await gone.promise;
    });
    await using removed = new ScriptedBackend("removed");
    await using kept = new ScriptedBackend("kept");
    await using plane = await planeOf(engine, users(a.url, removed.url, kept.url));
    using client = await Dialogue.open(plane.port);
    await client.send(GET);
    await arrived.promise;
    await plane.change(users(a.url, kept.url));
    gone.resolve();
    assertEquals(text((await client.response()).body), "kept");
    assertEquals(removed.requests.length, 0);
  });

  test("round robin goes on where it was, over each change of something else", async () => {
    await using a = new ScriptedBackend("a");
    await using b = new ScriptedBackend("b");
    await using c = new ScriptedBackend("c");
    const backends = [a.url, b.url, c.url];
    await using plane = await planeOf(engine, users(...backends));
    let asked = "";
    for (let i = 0; i < 10; i++) {
      asked += await ask(plane.port);
      await plane.change({
        ...users(...backends),
        defaults: { timeouts: { firstByte: `${10 + i}s` } },
      });
    }
    assertEquals(asked, "abcabcabca");
  });

  test("round robin is even after a backend comes, and after it goes again", async () => {
    await using a = new ScriptedBackend("a");
    await using b = new ScriptedBackend("b");
    await using c = new ScriptedBackend("c");
    await using plane = await planeOf(engine, users(a.url, b.url));
    for (const backends of [[a, b], [a, b, c], [a, b]]) {
      await plane.change(users(...backends.map(({ url }) => url)));
      const before = backends.map(({ requests }) => requests.length);
      for (let i = 0; i < 12; i++) await ask(plane.port);
      const counts = backends.map(({ requests }, index) => requests.length - before[index]!);
      assertEquals(new Set(counts), new Set([12 / backends.length]));
    }
  });

  test("health goes on: a backend that cannot be reached stays so, one that returns is new", async () => {
    await using a = new ScriptedBackend("a");
    const b = new ScriptedBackend("b");
    const { port, url } = b;
    await b[Symbol.asyncDispose]();
    await using plane = await planeOf(engine, users(a.url, url));
    for (let i = 0; i < 12; i++) assertEquals(await ask(plane.port), "a");
    assertEquals(plane.notices.filter(({ kind }) => kind === "event").length, 1);
    await plane.change({ ...users(a.url, url), timeouts: { drain: "5s" } });
    await using back = new ScriptedBackend("b", "serve", port);
    for (let i = 0; i < 6; i++) assertEquals(await ask(plane.port), "a");
    assertEquals(back.requests.length, 0, "only connect checks, which this plane has not, find it");
    await plane.change(users(a.url));
    await plane.change(users(a.url, url));
    const asked = [await ask(plane.port), await ask(plane.port)].sort();
    assertEquals(asked, ["a", "b"]);
  });

  test("a changed weight takes effect, and what is in flight stays counted", async () => {
    await using a = new ScriptedBackend("a", "stall");
    await using b = new ScriptedBackend("b");
    await using plane = await planeOf(engine, users(a.url, b.url));
    using client = await Dialogue.open(plane.port);
    await client.send(GET);
    await a.until(() => a.requests.length === 1);
    assertEquals(inFlightAt(plane, a), 1);
    await plane.change(users({ url: a.url, weight: 0 }, { url: b.url, weight: 3 }));
    assertEquals(inFlightAt(plane, a), 1);
    for (let i = 0; i < 4; i++) assertEquals(await ask(plane.port), "b");
    client[Symbol.dispose]();
    while (inFlightAt(plane, a) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  test("limits change: of heads, and of requests in flight", async () => {
    await using a = new ScriptedBackend("a");
    await using plane = await planeOf(engine, users(a.url));
    using client = await Dialogue.open(plane.port);
    const long = GET.replace("\r\n\r\n", `\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`);
    const askLong = async () => {
      const [response] = await exchange(
        plane.port,
        long.replace("X-Long", "Connection: close\r\nX-Long"),
      );
      return response!.status;
    };
    assertEquals(await askOn(client), "a");
    assertEquals(await askLong(), 431);
    await plane.change({ ...users(a.url), limits: { headerSize: "32KiB" } });
    assertEquals(await askLong(), 200);
    assertEquals(await askOn(client), "a");
    await client.send(long);
    assertEquals((await client.response()).status, 200);
    await plane.change({ ...users(a.url), limits: { headerSize: "1KiB" } });
    assertEquals(await askOn(client), "a");
    assertEquals(await askLong(), 431);
  });

  test("a rate limit goes on counting", async () => {
    await using a = new ScriptedBackend("a");
    const file = (firstByte: string) => ({
      ...users(a.url),
      defaults: { timeouts: { firstByte } },
      routes: [{ name: "few", rateLimit: { rate: "2/h", burst: 2 }, pool: "users" }],
    });
    await using plane = await planeOf(engine, file("10s"));
    const statuses: number[] = [];
    for (const seconds of ["11s", "12s", "13s"]) {
      statuses.push(
        (await exchange(plane.port, GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")))[0]!
          .status,
      );
      await plane.change(file(seconds));
    }
    assertEquals(statuses, [200, 200, 429]);
  });

  test("WebSockets to backends that stay are not touched, those of others end when the drain is over", async () => {
    await using a = new SocketBackend();
    await using b = new SocketBackend();
    await using plane = await planeOf(engine, users(a.url, b.url));
    await using one = await TestSocket.open(plane.port);
    await using two = await TestSocket.open(plane.port);
    const [kept, removed] = [one, two]; // the turns begin with the first backend
    const begun = performance.now();
    await plane.change({ ...users(a.url), timeouts: { drain: "300ms" } });
    for (const { socket } of [one, two]) socket.send("ping");
    for (const client of [one, two]) assertEquals(await client.next(), "ping");
    await removed.closed;
    assert(performance.now() - begun > 250);
    kept.socket.send("pong");
    assertEquals(await kept.next(), "pong");
  });
}

Deno.test("reload: tcp engine: tunnels to backends that stay are not touched, those of others end when the drain is over", async () => {
  const tunnel = () =>
    new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      side.received = "";
      await side.send("HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
      do {
        const { received } = side;
        side.received = "";
        await side.send(received);
      } while (await side.read());
    });
  await using a = tunnel();
  await using b = tunnel();
  await using plane = await planeOf("tcp", users(a.url, b.url));
  const upgrade = GET.replace("\r\n\r\n", "\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
  const open = async () => {
    const client = await Dialogue.open(plane.port);
    await client.send(upgrade);
    await client.until("\r\n\r\n");
    return client;
  };
  using kept = await open();
  using removed = await open();
  await plane.change({ ...users(a.url), timeouts: { drain: "300ms" } });
  for (const client of [kept, removed]) {
    await client.send("ping");
    await client.until("ping");
  }
  assertEquals(await removed.rest(), "");
  await kept.send("pong");
  await kept.until("pong");
});

Deno.test("reload: tcp engine: the idle connection to a backend that is taken out is closed, one to another is used again", async () => {
  await using a = new ScriptedBackend("a");
  await using b = new ScriptedBackend("b");
  await using plane = await planeOf("tcp", users(a.url, b.url));
  assertEquals([await ask(plane.port), await ask(plane.port)].sort(), ["a", "b"]);
  await plane.change(users(a.url));
  await b.until(() => b.openConnections === 0);
  assertEquals(await ask(plane.port), "a");
  assertEquals([a.connections, a.openConnections], [1, 1]);
});
