/** WebSockets of both engines that are open: what passes, how they close, and what limits them. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { forEachEngine } from "../support/each_engine.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { bytesOf } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import {
  closing,
  echo,
  OPCODES,
  openRaw,
  served,
  SocketBackend,
  TestSocket,
  whole,
} from "../support/websocket.ts";

const SWITCH = "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

forEachEngine(({ balance, test }) => {
  test("WebSocket: texts and bytes pass both ways, each as what it is, in order", async () => {
    await using backend = new SocketBackend();
    await using balancer = balance([backend.url]);
    await using client = await TestSocket.open(balancer.port);
    const large = new Uint8Array(1024 * 1024).map((_, index) => index);
    const messages = ["", "grüß dich ✓", new Uint8Array([0, 255]), large, "x".repeat(100_000)];
    for (const message of messages) client.socket.send(message);
    for (const message of messages) assertEquals(await client.next(), message);
  });

  test("WebSocket: what the backend sends at once, before the client has its 101, arrives", async () => {
    await using backend = new SocketBackend(({ socket }) => {
      for (let number = 0; number < 100; number++) socket.send(`early ${number}`);
      socket.close(4000, "that was all");
    });
    await using balancer = balance([backend.url]);
    await using client = await TestSocket.open(balancer.port);
    for (let number = 0; number < 100; number++) {
      assertEquals(await client.next(), `early ${number}`);
    }
    assertEquals(await client.closed, { code: 4000, reason: "that was all" });
  });

  for (const code of [1000, 3000, 4999]) {
    test(`WebSocket: the close code ${code} and its reason pass both ways`, async () => {
      await using backend = new SocketBackend((side) => {
        side.socket.onmessage = () => side.socket.close(code, "bye");
      });
      await using balancer = balance([backend.url]);
      await using one = await TestSocket.open(balancer.port);
      one.socket.close(code, "bye");
      assertEquals(await backend.sockets[0]!.closed, { code, reason: "bye" });
      await using other = await TestSocket.open(balancer.port);
      other.socket.send("close");
      assertEquals(await other.closed, { code, reason: "bye" });
    });
  }

  for (const code of [1001, 1011, 1013]) {
    test(`WebSocket: a backend that closes with ${code} is heard`, async () => {
      await using backend = new SocketBackend(({ socket }) => socket.close(code, "no more"));
      await using balancer = balance([backend.url]);
      await using client = await TestSocket.open(balancer.port);
      assertEquals(await client.closed, { code, reason: "no more" });
    });
  }

  test("WebSocket: a close without a code passes both ways", async () => {
    await using backend = new SocketBackend((side) => {
      side.socket.onmessage = () => side.socket.close();
    });
    await using balancer = balance([backend.url]);
    await using one = await TestSocket.open(balancer.port);
    one.socket.close();
    assertEquals((await backend.sockets[0]!.closed).code, 1005);
    await using other = await TestSocket.open(balancer.port);
    other.socket.send("close");
    assertEquals((await other.closed).code, 1005);
  });

  test("WebSocket: a client that is gone without a word ends the backend's", async () => {
    await using backend = new SocketBackend();
    await using balancer = balance([backend.url]);
    const { client } = await openRaw(balancer.port);
    await client.send(whole(OPCODES.text, "hello"));
    await client.until(served(OPCODES.text, "hello"));
    client[Symbol.dispose]();
    await backend.sockets[0]!.closed;
    assertEquals(balancer.changes, []);
  });

  test("WebSocket: a backend that is gone without a word ends the client's, and is not blamed", async () => {
    await using backend = new ScriptedBackend("a", {
      replyAndClose: bytesOf(SWITCH + served(OPCODES.text, "last")),
    });
    await using balancer = balance([backend.url]);
    const { client } = await openRaw(balancer.port);
    await client.until(served(OPCODES.text, "last"));
    await client.closeWrite();
    await client.rest();
    client[Symbol.dispose]();
    assertEquals(balancer.changes, []);
  });

  test("WebSocket: the log says 101, how long it was open, and the bytes to the client", async () => {
    await using backend = new SocketBackend();
    {
      const clock = new ManualClock();
      await using balancer = balance([backend.url], { requestTimeout: 50, clock });
      const { client } = await openRaw(balancer.port);
      const openSince = performance.now();
      await client.send(whole(OPCODES.text, "hello"));
      await client.until(served(OPCODES.text, "hello"));
      assertEquals([balancer.entries.length, balancer.pool.backends[0]!.inFlight], [0, 1]);
      await clock.advance(300); // longer than timeouts.request
      await client.send(whole(OPCODES.text, "again"));
      await client.until(served(OPCODES.text, "again"));
      const openFor = performance.now() - openSince;
      await client.send(whole(OPCODES.close, closing(1000)));
      await client.rest();
      client[Symbol.dispose]();
      await balancer.engine.drain(1_000, 0);
      const [entry] = balancer.entries;
      assertEquals([entry!.status, entry!.path, entry!.broken], [101, "/chat", undefined]);
      assert(entry!.bytes >= 10 && entry!.bytes <= 18, String(entry!.bytes)); // with or without frames
      assert(entry!.milliseconds > openFor - 2, `${entry!.milliseconds} of ${openFor} ms`);
      assertEquals(balancer.pool.backends[0]!.inFlight, 0);
    }
  });

  test("WebSocket: one over which nothing passes is closed after timeouts.tunnelIdle, not before", async () => {
    await using backend = new SocketBackend();
    const clock = new ManualClock();
    await using balancer = balance([backend.url], { tunnelIdleTimeout: 300, clock });
    await using client = await TestSocket.open(balancer.port);
    for (let turn = 0; turn < 4; turn++) {
      await clock.advance(200);
      client.socket.send("still here");
      await client.next();
    }
    const took = await clock.advanceUntil(() => balancer.entries.length === 1);
    assert(took >= 300, `${took} ms`);
    await client.closed;
    await backend.sockets[0]!.closed;
    assertMatch(balancer.entries[0]!.broken!, /nothing passed/);
  });

  test("WebSocket: a stop waits for it, and cuts it off at its deadline", async () => {
    await using backend = new SocketBackend();
    await using balancer = balance([backend.url]);
    await using client = await TestSocket.open(balancer.port);
    const draining = balancer.engine.drain(1_500, 0);
    client.socket.send("still here");
    assertEquals(await client.next(), "still here");
    assertEquals(await draining, 1);
    await client.closed;
    await backend.sockets[0]!.closed;
    assertMatch(balancer.entries[0]!.broken!, /did not wait/);
  });

  test("WebSocket: a stop is over as soon as the last one is closed", async () => {
    await using backend = new SocketBackend();
    await using balancer = balance([backend.url]);
    await using client = await TestSocket.open(balancer.port);
    const begun = performance.now();
    const draining = balancer.engine.drain(10_000, 0);
    client.socket.close(1000);
    assertEquals(await draining, 0);
    assert(performance.now() - begun < 5_000);
  });

  test("WebSocket: it counts as a request in flight, so that one more is answered 503", async () => {
    await using backend = new SocketBackend(echo);
    await using balancer = balance([backend.url], { maxInFlight: 1 });
    await using _client = await TestSocket.open(balancer.port);
    await assertRejects(() => TestSocket.open(balancer.port), Error, "503");
  });
});
