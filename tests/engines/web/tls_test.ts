/** TLS of clients by Deno.serve. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { TlsSettings } from "../../../lib/engines/engine.ts";
import { balance as balanceWith, type TestOptions } from "../../support/balancer.ts";
import {
  AUTHORITY,
  certificateFor,
  connectSecurely,
  derOf,
  LOCALHOST_TLS,
  served,
} from "../../support/certificates.ts";
import { Dialogue } from "../../support/raw_client.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";
import { echo, handshake, OPCODES, SocketBackend, whole } from "../../support/websocket.ts";

const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

function balance(urls: readonly string[], options: TestOptions = {}) {
  return balanceWith(urls, { tls: LOCALHOST_TLS, ...options, engine: "web" });
}

async function otherTls(): Promise<TlsSettings> {
  const certificate = await certificateFor(["localhost"]);
  return { ...LOCALHOST_TLS, certificates: [served(certificate, ["localhost"])] };
}

async function ask(port: number, text = GET) {
  using client = new Dialogue(await connectSecurely(port));
  await client.send(text);
  return await client.response();
}

/**
 * The certificate that a listener shows to a new connection, in base64; empty if it was reset, as happens to
 * one that comes in the moment in which the old listener closes.
 */
async function shownAt(port: number): Promise<string> {
  const { connect } = await import("node:tls");
  const socket = connect({ port, host: "127.0.0.1", ca: AUTHORITY.cert, servername: "localhost" });
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once("secureConnect", () => resolve(true));
    socket.on("error", () => resolve(false));
  });
  if (!isOpen) return "";
  const { raw } = socket.getPeerCertificate();
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.destroy();
  await closed;
  return new Uint8Array(raw).toBase64();
}

const base64Of = ({ certificates: [certificate] }: TlsSettings) => derOf(certificate!).toBase64();

Deno.test("web TLS: requests are forwarded, and backends learn that they came by https", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  const response = await ask(balancer.port);
  assertEquals(response.status, 200);
  const { target, fields } = backend.requests[0]!;
  assertEquals(target, "/");
  assertEquals(fields.filter(([name]) => /^(?:host|x-forwarded-proto)$/i.test(name)), [
    ["host", "localhost"],
    ["x-forwarded-proto", "https"],
  ]);
});

Deno.test("web TLS: the target may be absolute, and what is refused without TLS is refused with it", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url], { maxHeaderSize: 1024 });
  for (
    const [head, status] of [
      ["GET https://a.test/x?y HTTP/1.1\r\nHost: localhost", 200],
      ["GET /a/../b HTTP/1.1\r\nHost: localhost", 400],
      ["GET / HTTP/1.1\r\nHost: a b", 400],
      ["GET / HTTP/1.1\r\nX-A: 1", 400],
      ["TRACE / HTTP/1.1\r\nHost: localhost", 405],
      [`GET /${"x".repeat(512)} HTTP/1.1\r\nHost: localhost`, 414],
      [`GET /${"x".repeat(511)} HTTP/1.1\r\nHost: localhost`, 200],
      [`GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ${"x".repeat(1024)}`, 431],
    ] as const
  ) {
    assertEquals((await ask(balancer.port, `${head}\r\n\r\n`)).status, status, head.slice(0, 40));
  }
  const hosts = backend.requests.map(({ fields }) =>
    fields.find(([name]) => name.toLowerCase() === "host")?.[1]
  );
  assertEquals(hosts, ["a.test", "localhost"]);
});

Deno.test("web TLS: HTTP/2 by ALPN is forwarded with its authority as Host", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = Deno.createHttpClient({ caCerts: [AUTHORITY.cert], http1: false, http2: true });
  const url = `https://localhost:${balancer.port}`;
  const response = await fetch(`${url}/x?y`, { client, method: "POST", body: "hello" });
  assertEquals([response.status, await response.text()], [200, "a"]);
  const { target, fields } = backend.requests[0]!;
  const values = (name: string) =>
    fields.filter(([own]) => own.toLowerCase() === name).map(([, value]) => value);
  assertEquals([target, values("host")], ["/x?y", [`localhost:${balancer.port}`]]);
  assertEquals([values("via"), values("x-forwarded-proto")], [["2 roundabout"], ["https"]]);
});

Deno.test("web TLS: HSTS is on all responses, in place of the backend's, and on none without TLS", async () => {
  const reply = "HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=1\r\n" +
    "Content-Length: 2\r\n\r\nok";
  await using backend = new ScriptedBackend("a", { reply });
  const tls = { ...LOCALHOST_TLS, hstsSeconds: 3600 };
  await using balancer = balance([backend.url], { tls });
  const values = (fields: readonly (readonly [string, string])[]) =>
    fields.filter(([name]) => name === "strict-transport-security").map(([, value]) => value);
  for (const text of [GET, "GET /.. HTTP/1.1\r\nHost: localhost\r\n\r\n"]) {
    assertEquals(values((await ask(balancer.port, text)).fields), ["max-age=3600"]);
  }
  await using plain = balanceWith([backend.url]);
  using client = await Dialogue.open(plain.port);
  await client.send(GET);
  assertEquals(values((await client.response()).fields), ["max-age=1"]);
});

Deno.test("web TLS: the sticky cookie is Secure", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url], { stickyCookie: "lb" });
  assertMatch((await ask(balancer.port)).field("set-cookie")!, /; Secure/);
});

Deno.test("web TLS: a WebSocket passes", async () => {
  await using backend = new SocketBackend(echo);
  await using balancer = balance([backend.url], { tls: { ...LOCALHOST_TLS, hstsSeconds: 60 } });
  using client = new Dialogue(await connectSecurely(balancer.port));
  await client.send(handshake());
  const head = await client.until("\r\n\r\n");
  assertMatch(head, /^HTTP\/1\.1 101 [^]*\r\nstrict-transport-security: max-age=60\r\n/i);
  await client.send(whole(OPCODES.text, "hello"));
  await client.until("hello");
  await client.send(whole(OPCODES.close, ""));
  await client.rest();
});

Deno.test("web TLS: a client that speaks HTTP without TLS is not served", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(GET);
  assertEquals(/HTTP/.test(await client.rest()), false);
  assertEquals(backend.requests.length, 0);
});

Deno.test("web TLS: a changed certificate is shown to new connections, and those that are there go on", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url], { reusePort: true });
  assertEquals(await shownAt(balancer.port), base64Of(LOCALHOST_TLS));
  using kept = new Dialogue(await connectSecurely(balancer.port));
  await kept.send(GET);
  await kept.response();
  const other = await otherTls();
  const changedAt = performance.now();
  balancer.changeTls(other);
  await kept.send(GET);
  assertEquals((await kept.response()).field("connection"), "close");
  for (let same = 0; same < 20;) {
    same = await shownAt(balancer.port) === base64Of(other) ? same + 1 : 0;
    assert(performance.now() - changedAt < 3_000);
  }
  assertEquals((await ask(balancer.port)).status, 200);
});

Deno.test("web TLS: a reload without another certificate keeps the listener, with what is new of HSTS", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using kept = new Dialogue(await connectSecurely(balancer.port));
  await kept.send(GET);
  await kept.response();
  balancer.changeTls({ ...LOCALHOST_TLS, hstsSeconds: 60 });
  await kept.send(GET);
  const response = await kept.response();
  assertEquals(response.field("strict-transport-security"), "max-age=60");
  assertEquals(response.field("connection"), undefined);
});

Deno.test("web TLS: a response that was begun under the old certificate is finished", async () => {
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const gate = Promise.withResolvers<void>();
  const { RawBackend } = await import("../../support/raw_backend.ts");
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await side.send(`${head}3\r\none\r\n`);
    await gate.promise;
    await side.send("3\r\ntwo\r\n0\r\n\r\n");
  });
  await using balancer = balance([backend.url], { reusePort: true });
  using client = new Dialogue(await connectSecurely(balancer.port));
  await client.send(GET);
  await client.until("one");
  const other = await otherTls();
  balancer.changeTls(other);
  for (let same = 0; same < 20;) {
    same = await shownAt(balancer.port) === base64Of(other) ? same + 1 : 0;
  }
  gate.resolve();
  await client.until("two");
});

Deno.test("web TLS: a client that never begins its handshake is not closed, and delays a stop by a second", async () => {
  await using backend = new ScriptedBackend("a");
  const balancer = balance([backend.url]);
  const silent = await Deno.connect({ hostname: "127.0.0.1", port: balancer.port });
  assertEquals((await ask(balancer.port)).status, 200);
  const begun = performance.now();
  assertEquals(await balancer.engine.drain(10_000, 0), 0);
  assert(performance.now() - begun < 5_000);
  silent.close();
  await balancer.engine.finished; // Deno keeps the listener as long as the client stays
});
