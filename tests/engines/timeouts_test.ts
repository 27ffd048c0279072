import { assert, assertEquals, assertMatch } from "@std/assert";
import { forEachEngine } from "../support/each_engine.ts";
import { DeafPort } from "../support/deaf_port.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { type BackendSide, RawBackend } from "../support/raw_backend.ts";
import { Dialogue } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { assertAbout, pause, timed } from "../support/timing.ts";

forEachEngine(({ engine, balance, test }) => {
  /** More than the balancer's clock moves at once, so that a machine that pauses does not end it early. */
  const SHORT = 300;
  const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

  for (const method of ["GET", "POST", "PUT"]) {
    test(`timeouts: a ${method} to a backend that answers no SYN goes to the next one after CONNECT_TIMEOUT`, async () => {
      using deaf = await DeafPort.open();
      await using backend = new ScriptedBackend("b");
      await using balancer = balance([deaf.url, backend.url], { connectTimeout: SHORT });
      const body = method === "GET" ? null : "x".repeat(1_000);
      const [text, took] = await timed(async () =>
        await (await fetch(balancer.url, { method, body })).text()
      );
      assertEquals(text, "b");
      assertAbout(took, SHORT);
      assertMatch(balancer.changes[0]!, /fails: connection_timeout/);
      assertEquals(backend.requests[0]!.body.length, body?.length ?? 0);
    });
  }

  test("timeouts: a backend that answers no SYN is ejected, and delays no request after that", async () => {
    using deaf = await DeafPort.open();
    await using backend = new ScriptedBackend("b");
    const pool = { ejection: { after: 2, time: 10_000 } };
    await using balancer = balance([deaf.url, backend.url], { connectTimeout: SHORT, pool });
    const ask = async () => await (await fetch(balancer.url)).text();
    assertEquals(await Promise.all([ask(), ask(), ask(), ask()]), ["b", "b", "b", "b"]);
    assertEquals(balancer.pool.backends[0]!.usable, false);
    await Promise.all([ask(), ask(), ask(), ask()]);
    assert(balancer.entries.slice(-4).every(({ attempts }) => attempts.length === 1));
  });

  test("timeouts: a POST that its backend has received is not sent again, although new connections to it fail", async () => {
    // Answers one connection, late, and accepts no other, like an overloaded backend.
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
    const url = `http://127.0.0.1:${listener.addr.port}`;
    await using other = new ScriptedBackend("other");
    await using balancer = balance([url, other.url], { connectTimeout: 2 * SHORT });
    const client = fetch(balancer.url, { method: "POST", body: "x" });
    let connection = await listener.accept();
    const buffer = new Uint8Array(4_096);
    if (await connection.read(buffer) === null) { // the connect check of the web engine
      connection.close();
      connection = await listener.accept();
      await connection.read(buffer);
    }
    const queued = await Promise.all(Array.from({ length: 8 }, () =>
      Deno.connect({
        hostname: "127.0.0.1",
        port: listener.addr.port,
        signal: AbortSignal.timeout(4 * SHORT),
      }).catch(() => undefined)));
    await connection.write(
      new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"),
    );
    assertEquals([await (await client).text(), other.requests.length], ["late", 0]);
    for (const open of [connection, ...queued]) open?.close();
    listener.close();
  });

  for (
    const [what, head] of [
      ...(engine === "tcp" ? [["of known length", "Content-Length: 10"]] : []),
      ["of known length, a long one", "Content-Length: 100000"],
      ["that is chunked", "Transfer-Encoding: chunked"],
    ] as [string, string][]
  ) {
    test(`timeouts: a response ${what} that stalls is cut off after IDLE_TIMEOUT, and the log says so`, async () => {
      const part = head.startsWith("T") ? "4\r\nhalf\r\n" : "half";
      await using backend = new ScriptedBackend("a", {
        reply: `HTTP/1.1 200 OK\r\n${head}\r\n\r\n${part}`,
      });
      await using balancer = balance([backend.url], { idleTimeout: SHORT });
      using client = await Dialogue.open(balancer.port);
      const [text, took] = await timed(async () => {
        await client.send(GET);
        return await client.rest();
      });
      assertMatch(text, /half(?:\r\n)?$/);
      assertAbout(took, SHORT);
      await backend.until(() => backend.openConnections === 0);
      while (balancer.entries.length === 0) await pause(5);
      assertEquals(balancer.entries[0]!.broken, "the response stalled");
      assertEquals(balancer.pool.backends[0]!.standing.failures, 1);
      assertEquals(balancer.pool.backends[0]!.inFlight, 0);
    });
  }

  test("timeouts: a response that keeps moving is not cut off, however long it takes", async () => {
    const begun = Promise.withResolvers<BackendSide>();
    const over = Promise.withResolvers<void>();
    await using backend = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      await side.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      begun.resolve(side);
      await over.promise;
    });
    const clock = new ManualClock();
    await using balancer = balance([backend.url], { idleTimeout: SHORT, clock });
    using client = await Dialogue.open(balancer.port);
    await client.send(GET);
    const side = await begun.promise;
    for (let i = 0; i < 10; i++) {
      await side.send("1\r\nx\r\n");
      await client.until("1\r\nx\r\n");
      await clock.advance(SHORT / 2);
    }
    await side.send("0\r\n\r\n");
    await client.until("0\r\n\r\n");
    over.resolve();
  });

  test("timeouts: a client that does not read its response is cut off after IDLE_TIMEOUT, which frees its backend", async () => {
    const piece = new Uint8Array(1024 * 1024);
    await using backend = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      await side.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
      while (true) await side.send(piece);
    });
    await using balancer = balance([backend.url], { idleTimeout: SHORT });
    using client = await Dialogue.open(balancer.port);
    await client.send(GET);
    await client.until("\r\n\r\n"); // and then nothing more
    const { pool } = balancer;
    while (backend.openConnections > 0 || pool.backends[0]!.inFlight > 0) await pause(10);
    assertEquals([pool.backends[0]!.standing.failures, backend.errors], [0, []]);
  });

  test("timeouts: an upload whose client stalls is answered 408 after IDLE_TIMEOUT, and blames no backend", async () => {
    await using backend = new ScriptedBackend("a");
    await using other = new ScriptedBackend("b");
    await using balancer = balance([backend.url, other.url], { idleTimeout: SHORT });
    using client = await Dialogue.open(balancer.port);
    const [response, took] = await timed(async () => {
      await client.send("PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhalf");
      return await client.response();
    });
    assertEquals(response.status, 408);
    assertAbout(took, SHORT);
    await backend.until(() => backend.openConnections === 0);
    assertEquals([backend.requests, other.connections, balancer.changes], [[], 0, []]);
  });

  test("timeouts: a response that waits for a stalled upload blames no backend", async () => {
    await using backend = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      await side.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n");
      while (await side.read());
    });
    await using balancer = balance([backend.url], { idleTimeout: SHORT });
    using client = await Dialogue.open(balancer.port);
    await client.send("PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhalf");
    await client.until("early");
    if (engine === "tcp") await client.rest(); // Deno.serve waits for the rest of the body first
    while (balancer.entries.length === 0) await pause(5);
    while (balancer.pool.backends[0]!.inFlight > 0) await pause(5);
    assertEquals(balancer.pool.backends[0]!.standing.failures, 0);
  });

  test("timeouts: a backend that refuses connections, and still answers a request it has, is waited for", async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const url = `http://127.0.0.1:${listener.addr.port}`;
    await using balancer = balance([url], { connectTimeout: 2 * SHORT });
    const answer = fetch(balancer.url);
    const connection = await listener.accept();
    await connection.read(new Uint8Array(4_096));
    listener.close(); // no more connections from now on
    await pause(3 * SHORT);
    await connection.write(
      new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast"),
    );
    assertEquals(await (await answer).text(), "last");
    connection.close();
  });

  test("timeouts: an upload that its backend does not read is answered 504 after IDLE_TIMEOUT", async () => {
    const over = Promise.withResolvers<void>();
    await using backend = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      await over.promise;
    });
    using _over = { [Symbol.dispose]: over.resolve };
    await using balancer = balance([backend.url], { idleTimeout: SHORT });
    const client = await Dialogue.open(balancer.port);
    const length = 64 * 1024 * 1024;
    await client.send(`PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${length}\r\n\r\n`);
    const sending = client.send(new Uint8Array(length)).catch(() => {}); // it is broken off
    assertEquals((await client.response()).status, 504);
    client[Symbol.dispose]();
    await sending;
    assertMatch(balancer.changes[0]!, /fails: http_response_timeout/);
  });

  if (engine === "tcp") return;

  for (const method of ["GET", "POST"]) {
    const status = method === "GET" ? 200 : 504;
    test(`timeouts: a short response that stalls is not passed on: a ${method} is answered ${status}`, async () => {
      const half = { reply: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf" };
      await using a = new ScriptedBackend("a", half);
      await using b = new ScriptedBackend("b");
      await using balancer = balance([a.url, b.url], { idleTimeout: SHORT });
      const body = method === "GET" ? null : "x";
      const [response, took] = await timed(() => fetch(balancer.url, { method, body }));
      await response.body?.cancel();
      assertEquals([response.status, b.requests.length], [status, method === "GET" ? 1 : 0]);
      assertAbout(took, SHORT);
      await a.until(() => a.openConnections === 0);
      assertMatch(balancer.changes[0]!, /fails: http_response_timeout/);
    });

    test(`timeouts: a short response that breaks off is not passed on: a ${method}`, async () => {
      const half = { replyAndClose: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf" };
      await using a = new ScriptedBackend("a", half);
      await using b = new ScriptedBackend("b");
      await using balancer = balance([a.url, b.url]);
      const response = await fetch(balancer.url, { method, body: method === "GET" ? null : "x" });
      await response.body?.cancel();
      assertEquals(response.status, method === "GET" ? 200 : 502);
      assertMatch(balancer.changes[0]!, /fails: connection_terminated/);
    });
  }

  test("timeouts: a slow response is waited for while its backend accepts connections", async () => {
    await using backend = new RawBackend(async (side) => {
      if (!await side.read()) return; // a connect check
      await pause(3 * SHORT);
      await side.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
      await side.read();
    });
    await using balancer = balance([backend.url], { connectTimeout: 2 * SHORT });
    assertEquals(await (await fetch(balancer.url)).text(), "slow");
    assertEquals(backend.connections, 2);
  });
});
