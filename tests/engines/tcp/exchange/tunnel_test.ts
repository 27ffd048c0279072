import { assert, assertEquals, assertMatch } from "@std/assert";
import { balance as balanceWith, type TestOptions } from "../../../support/balancer.ts";
import { RawBackend } from "../../../support/raw_backend.ts";
import { Dialogue, undated } from "../../../support/raw_client.ts";
import { ScriptedBackend } from "../../../support/scripted_backend.ts";

const balance = (urls: readonly string[], options?: TestOptions) =>
  balanceWith(urls, { ...options, engine: "tcp" });

const UPGRADE = "GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive, Upgrade\r\n" +
  "Upgrade: echo/2, h2c\r\nSec-Key: x\r\n\r\n";
const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo/2\r\n" +
  "Sec-Accept: y\r\n\r\n";

/** A backend that sends everything back in upper case after its 101. */
const shouting = () =>
  new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    const early = side.received.split("\r\n\r\n")[1]!;
    side.received = "";
    await side.send(SWITCH + early.toUpperCase());
    while (await side.read()) {
      await side.send(side.received.toUpperCase());
      side.received = "";
    }
    await side.send("bye");
  });

Deno.test("tunnel: after a 101, bytes pass both ways unchanged", async () => {
  await using backend = shouting();
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(UPGRADE);
  const head = await client.until("\r\n\r\n");
  assertMatch(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  assertMatch(head, /\r\nSec-Accept: y\r\n/);
  assertMatch(head, /\r\nconnection: upgrade\r\nupgrade: echo\/2\r\n/);
  for (const word of ["one", "\0\x80\r\n\r\nGET / HTTP/1.1\r\n\r\n", "two"]) {
    await client.send(word);
    await client.until(word.toUpperCase());
  }
});

Deno.test("tunnel: a 101 sets the sticky cookie", async () => {
  await using backend = shouting();
  await using balancer = balance([backend.url], { stickyCookie: "lb".repeat(32) });
  using client = await Dialogue.open(balancer.port);
  await client.send(UPGRADE);
  const head = await client.until("\r\n\r\n");
  assertMatch(head, /^HTTP\/1\.1 101 .*\r\nset-cookie: (?:lb){32}=[\w-]{22}; Path=\/; HttpOnly/s);
  await client.send("one");
  await client.until("ONE");
});

Deno.test("tunnel: fields that Connection lists, and Content-Length, are removed from a 101", async () => {
  const lines =
    "Connection: Upgrade, X-Hop\r\nX-Hop: 1\r\nContent-Length: 3\r\nUpgrade: echo/2\r\n";
  await using backend = new ScriptedBackend("a", { reply: `HTTP/1.1 101 Go\r\n${lines}\r\nraw` });
  await using balancer = balance([backend.url], { tunnelIdleTimeout: 300 });
  using client = await Dialogue.open(balancer.port);
  await client.send(UPGRADE);
  assertEquals(
    undated(await client.rest()),
    "HTTP/1.1 101 Go\r\nconnection: upgrade\r\nupgrade: echo/2\r\n\r\nraw",
  );
});

Deno.test("tunnel: a 101 without Upgrade becomes 502", async () => {
  await using backend = new ScriptedBackend("a", {
    reply: "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\n\r\n",
  });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(UPGRADE);
  assertEquals((await client.response()).status, 502);
});

Deno.test("tunnel: Upgrade is forwarded without h2c", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(UPGRADE);
  await client.response();
  const fields = backend.requests[0]!.fields;
  assert(fields.some(([name, value]) => name === "connection" && value === "upgrade"));
  assert(fields.some(([name, value]) => name === "upgrade" && value === "echo/2"));
});

for (const body of ["Content-Length: 0\r\n\r\n", "Content-Length: 5\r\n\r\nhello"]) {
  Deno.test(`tunnel: an offer of h2c with ${body.split("\r")[0]} is ignored, and the request answered`, async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    const offer =
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
    await client.send("POST / HTTP/1.1\r\nHost: a.test\r\n" + offer + body);
    assertEquals((await client.response()).status, 200);
    const names = new Set(backend.requests[0]!.fields.map(([name]) => name));
    assert(["upgrade", "connection", "http2-settings"].every((name) => !names.has(name)));
  });
}

Deno.test("tunnel: bytes that the client sends before the 101 are forwarded after it, before later ones", async () => {
  await using backend = shouting();
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(UPGRADE + "early ");
  await client.until("\r\n\r\n");
  await client.send("late");
  await client.until("EARLY LATE");
});

Deno.test("tunnel: a client that has closed its sending side still receives, until the backend closes its own", async () => {
  await using backend = shouting();
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(UPGRADE);
  await client.until("\r\n\r\n");
  await client.send("last");
  await client.closeWrite();
  assertEquals(await client.rest(), "LASTbye");
  assertEquals(balancer.entries.map(({ status, path }) => [status, path]), [[101, "/chat"]]);
});

Deno.test("tunnel: bytes after an upgrade that the backend refuses are parsed as the next request", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(`${UPGRADE}GET /two HTTP/1.1\r\nHost: a.test\r\n\r\n`);
  assertEquals((await client.response()).status, 200);
  assertEquals((await client.response()).status, 200);
  await client.send(`${UPGRADE}not HTTP at all\r\n\r\n`);
  assertEquals((await client.response()).status, 200);
  assertEquals((await client.response()).status, 400);
  assertEquals(backend.requests.map(({ target }) => target), ["/chat", "/two", "/chat"]);
});

for (
  const [what, request] of [
    ["that was not asked for", "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"],
    ["that an HTTP/1.0 client asked for", UPGRADE.replace("HTTP/1.1", "HTTP/1.0")],
    ["to a client that asked only for h2c", UPGRADE.replace("echo/2, ", "")],
  ] as const
) {
  Deno.test(`tunnel: a 101 ${what} becomes 502`, async () => {
    await using backend = shouting();
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    await client.send(request);
    const response = await client.response();
    assertEquals(response.status, 502);
    assertMatch(response.field("proxy-status")!, /http_protocol_error/);
  });
}

Deno.test("tunnel: a request with Upgrade may have a body, which is sent before the tunnel opens", async () => {
  await using backend = new RawBackend(async (side) => {
    await side.until("body");
    await side.send(SWITCH);
    await side.until("raw");
    await side.send("RAW");
  });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(
    UPGRADE.replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 4\r\n\r\n"),
  );
  await client.send("body");
  await client.until("\r\n\r\n");
  await client.send("raw");
  await client.until("RAW");
  assertEquals(backend.errors, []);
});

Deno.test("tunnel: both sides are closed if nothing passes for TUNNEL_IDLE_TIMEOUT", async () => {
  await using backend = shouting();
  await using balancer = balance([backend.url], { tunnelIdleTimeout: 300 });
  using client = await Dialogue.open(balancer.port);
  await client.send(UPGRADE);
  await client.until("\r\n\r\n");
  assertEquals(await client.rest(), "");
});

Deno.test("tunnel: TUNNEL_IDLE_TIMEOUT also ends a tunnel whose backend reads nothing", async () => {
  const over = Promise.withResolvers<void>();
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await side.send(SWITCH);
    await over.promise; // and reads nothing meanwhile
  });
  using _over = { [Symbol.dispose]: over.resolve };
  await using balancer = balance([backend.url], { tunnelIdleTimeout: 300 });
  using client = await Dialogue.open(balancer.port);
  await client.send(UPGRADE);
  await client.until("\r\n\r\n");
  let taken = true;
  while (taken) await client.send("x".repeat(1_000_000)).catch(() => taken = false);
  assertEquals(balancer.entries.map(({ status, broken }) => [status, broken]), [
    [101, "nothing passed through the tunnel"],
  ]);
});

Deno.test("tunnel: a tunnel is in flight until it ends, and is cut off when the drain times out", async () => {
  await using backend = shouting();
  const balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(UPGRADE);
  await client.until("\r\n\r\n");
  const drained = balancer.engine.drain(1_500, 0);
  await client.send("still");
  await client.until("STILL");
  assertEquals(await drained, 1);
  assertEquals(await client.rest(), "");
});

Deno.test("tunnel: a WebSocket client can talk to a WebSocket backend", async () => {
  await using backend = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(`echo ${data}`);
    return response;
  });
  await using balancer = balance([`http://127.0.0.1:${backend.addr.port}`]);
  const socket = new WebSocket(`ws://127.0.0.1:${balancer.port}/`);
  await new Promise((resolve) => socket.onopen = resolve);
  for (const text of ["hello", "x".repeat(100_000)]) {
    const answer = new Promise((resolve) => socket.onmessage = ({ data }) => resolve(data));
    socket.send(text);
    assertEquals(await answer, `echo ${text}`);
  }
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
});
