/** WebSockets of both engines until their 101: the handshake, who is asked, and what comes of a refusal. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { TCP_SCHEME } from "../support/balancer.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { AUTHORITY, certificateFor } from "../support/certificates.ts";
import { Dialogue } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { echo, handshake, openRaw, SocketBackend, TestSocket } from "../support/websocket.ts";

/** An address where nobody listens. */
const DEAD = "http://127.0.0.1:1";

forEachEngine(({ engine, balance, test }) => {
  test("WebSocket: the backend gets the handshake's fields once, and those of the balancer", async () => {
    await using backend = new SocketBackend();
    await using balancer = balance([backend.url]);
    const lines = ["Origin: http://o.test", "Cookie: a=1", "Authorization: x", "X-Own: 1"];
    const { client } = await openRaw(balancer.port, ...lines);
    client[Symbol.dispose]();
    const [{ url, headers }] = backend.requests as [SocketBackend["requests"][number]];
    assertEquals(new URL(url).pathname, "/chat");
    const seen = (name: string) => headers.get(name);
    assertEquals(["host", "origin", "cookie", "authorization", "x-own"].map(seen), [
      "a.test",
      "http://o.test",
      "a=1",
      "x",
      "1",
    ]);
    assertEquals(["x-forwarded-for", "x-forwarded-proto", "via"].map(seen), [
      "127.0.0.1",
      engine === "tcp" ? TCP_SCHEME : "http",
      "1.1 roundabout",
    ]);
    assert(seen("x-request-id"));
    assertEquals(["upgrade", "sec-websocket-version"].map(seen), ["websocket", "13"]);
    assertMatch(seen("connection")!, /^upgrade$/i);
    assertMatch(seen("sec-websocket-key")!, /^[^,]{24}$/);
  });

  for (const offer of ["one, two", "one,two"]) {
    test(`WebSocket: of the subprotocols ${offer} the client gets the one that the backend chooses`, async () => {
      await using backend = new ScriptedBackend("a", {
        reply: "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
          "Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: two\r\n\r\n",
      });
      await using balancer = balance([backend.url], { tunnelIdleTimeout: 300 });
      const { client, head } = await openRaw(balancer.port, `Sec-WebSocket-Protocol: ${offer}`);
      assertMatch(head, /^HTTP\/1\.1 101 [^]*\r\nsec-websocket-protocol: two\r\n/i);
      client[Symbol.dispose]();
      const [asked] = backend.requests[0]!.fields.filter(([name]) =>
        name.toLowerCase() === "sec-websocket-protocol"
      );
      assertEquals(asked![1].split(/, ?/), ["one", "two"]);
    });
  }

  test("WebSocket: if one backend cannot be reached, or breaks off before its 101, another is asked", async () => {
    await using broken = new ScriptedBackend("broken", "close");
    await using backend = new SocketBackend();
    await using balancer = balance([DEAD, broken.url, backend.url]);
    for (let turn = 0; turn < 3; turn++) {
      await using client = await TestSocket.open(balancer.port);
      client.socket.send("hello");
      assertEquals(await client.next(), "hello");
    }
    const failures = balancer.entries.flatMap(({ attempts }) =>
      attempts.flatMap(({ outcome }) => outcome.kind === "failed" ? [outcome.failure] : [])
    );
    assert(failures.includes("connection_refused"), failures.join());
    assert(failures.includes("connection_terminated"), failures.join());
  });

  test("WebSocket: if no backend can be reached, the client gets 503", async () => {
    await using balancer = balance([DEAD]);
    using client = await Dialogue.open(balancer.port);
    await client.send(handshake());
    assertEquals((await client.response()).status, 503);
  });

  test("WebSocket: a backend may have a unix socket, or TLS", async () => {
    const folder = await Deno.makeTempDir();
    const { cert, key } = await certificateFor(["127.0.0.1"]);
    await using socket = new SocketBackend(echo, { path: `${folder}/a.sock` });
    await using secure = new SocketBackend(echo, { cert, key });
    for (const backend of [socket, secure]) {
      const backendTls = { ca: AUTHORITY.cert, verify: true };
      const options = backend === secure ? { backendTls } : {};
      await using balancer = balance([backend.url], options);
      await using client = await TestSocket.open(balancer.port);
      client.socket.send("hello");
      assertEquals(await client.next(), "hello");
      assertEquals(
        backend.requests.map(({ url, headers }) => [new URL(url).pathname, headers.get("host")]),
        [["/chat", `127.0.0.1:${balancer.port}`]],
      );
    }
    await Deno.remove(folder, { recursive: true });
  });

  test("WebSocket: a backend over TLS that is not trusted, or not there, is not used", async () => {
    const { cert, key } = await certificateFor(["127.0.0.1"]);
    await using untrusted = new SocketBackend(echo, { cert, key });
    for (const url of [untrusted.url, DEAD.replace("http", "https")]) {
      await using balancer = balance([url]);
      using client = await Dialogue.open(balancer.port);
      await client.send(handshake());
      assertEquals((await client.response()).status, 503);
      const { outcome } = balancer.entries[0]!.attempts[0]!;
      const expected = url === untrusted.url ? "tls_certificate_error" : "connection_refused";
      assertEquals(outcome.kind === "failed" ? outcome.failure : outcome.status, expected);
    }
  });

  for (const status of [401, 404, 426, 503]) {
    test(`WebSocket: a backend that answers ${status} is heard, and not asked twice`, async () => {
      const reply = `HTTP/1.1 ${status} x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno`;
      await using backend = new ScriptedBackend("a", { reply });
      await using balancer = balance([backend.url]);
      using client = await Dialogue.open(balancer.port);
      await client.send(handshake());
      assertEquals((await client.response()).status, status);
      assertEquals([backend.requests.length, balancer.changes], [1, []]);
      assertEquals(balancer.entries.map(({ status }) => status), [status]);
    });
  }

  test("WebSocket: a backend that does not answer is given up, and the client gets 504", async () => {
    await using backend = new ScriptedBackend("a", "stall");
    await using balancer = balance([backend.url], { firstByteTimeout: 100 });
    using client = await Dialogue.open(balancer.port);
    await client.send(handshake());
    assertEquals((await client.response()).status, 504);
    await backend.until(() => backend.openConnections === 0);
  });

  test("WebSocket: a client that leaves before the 101 ends the backend's handshake, and nobody is blamed", async () => {
    await using backend = new ScriptedBackend("a", "stall");
    await using balancer = balance([backend.url]);
    const client = await Dialogue.open(balancer.port);
    await client.send(handshake());
    await backend.until(() => backend.requests.length === 1);
    client[Symbol.dispose]();
    await backend.until(() => backend.openConnections === 0);
    assertEquals(balancer.changes, []);
  });

  test("WebSocket: the 101 sets the sticky cookie, which leads to the same backend", async () => {
    await using one = new SocketBackend(({ socket }) => socket.send("one"));
    await using two = new SocketBackend(({ socket }) => socket.send("two"));
    await using balancer = balance([one.url, two.url], { stickyCookie: "lb" });
    const { client, head } = await openRaw(balancer.port);
    const [, cookie = ""] = /\r\nset-cookie: (lb=[^;]*);/i.exec(head) ?? [];
    await client.until("one");
    client[Symbol.dispose]();
    for (let turn = 0; turn < 3; turn++) {
      await using again = await TestSocket.open(balancer.port, { headers: [["cookie", cookie]] });
      assertEquals(await again.next(), "one");
    }
  });
});
