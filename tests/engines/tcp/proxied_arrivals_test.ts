/** PROXY headers of clients, end to end: they name who is asked about. */
import { assert, assertEquals } from "@std/assert";
import type { TlsSettings } from "../../../lib/engines/engine.ts";
import { SIGNATURE } from "../../../lib/net/proxy_header/format.ts";
import { writeProxyHeader } from "../../../lib/net/proxy_header/write.ts";
import { balance as balanceWith, type TestOptions } from "../../support/balancer.ts";
import { AUTHORITY, certificateFor, served } from "../../support/certificates.ts";
import { Dialogue } from "../../support/raw_client.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";

const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const CLIENT = {
  source: { address: "192.0.2.7", port: 4660 },
  destination: { address: "198.51.100.1", port: 443 },
};
const LOOPBACK = "127.0.0.1";
const V1 = writeProxyHeader(1, CLIENT), V2 = writeProxyHeader(2, CLIENT);

function balance(urls: readonly string[], options: TestOptions = {}) {
  const isTrusted = (address: string) => address === LOOPBACK;
  return balanceWith(urls, { isTrusted, ...options, proxyProtocol: true, engine: "tcp" });
}

function concat(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const encoder = new TextEncoder();
  return Uint8Array.from(
    parts.flatMap((part) => [...typeof part === "string" ? encoder.encode(part) : part]),
  );
}

const forwardedFor = (backend: ScriptedBackend) =>
  backend.requests.map(({ fields }) => fields.find(([name]) => name === "x-forwarded-for")?.[1]);

for (
  const [what, header, expected] of [
    ["v1", V1, "192.0.2.7"],
    ["v2", V2, "192.0.2.7"],
    ["v1 and IPv6", "PROXY TCP6 2001:DB8::7 2001:db8::1 1 443\r\n", "2001:db8::7"],
    ["v1 UNKNOWN", writeProxyHeader(1, undefined), LOOPBACK],
    ["v2 LOCAL", writeProxyHeader(2, undefined), LOOPBACK],
    [
      "v2 and a unix socket",
      concat(SIGNATURE, Uint8Array.of(0x21, 0x31, 0, 216, ...new Array(216))),
      LOOPBACK,
    ],
    [
      "v2 as long as may be",
      concat(SIGNATURE, Uint8Array.of(0x20, 0, 0x0f, 0xf0, ...new Array(4080))),
      LOOPBACK,
    ],
  ] as const
) {
  Deno.test(`PROXY in: ${what} says who the client is, in one piece with the request`, async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    await client.send(concat(header, GET));
    assertEquals((await client.response()).status, 200);
    await client.send(GET);
    assertEquals((await client.response()).status, 200);
    assertEquals(forwardedFor(backend), [expected, expected]);
    assertEquals(balancer.entries.map(({ clientAddress }) => clientAddress), [expected, expected]);
  });
}

for (const [what, header] of [["v1", V1], ["v2", V2]] as const) {
  Deno.test(`PROXY in: ${what} may arrive byte by byte`, async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    for (const byte of header) await client.send(Uint8Array.of(byte));
    await client.send(GET);
    assertEquals((await client.response()).status, 200);
    assertEquals(forwardedFor(backend), ["192.0.2.7"]);
  });
}

Deno.test("PROXY in: many requests in one piece with the header are answered in order", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(concat(V2, ...new Array(100).fill(GET)));
  for (let count = 0; count < 100; count++) assertEquals((await client.response()).status, 200);
});

Deno.test("PROXY in: trust is asked about the client that the header names, not about the proxy", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(concat(V1, GET.replace("\r\n\r\n", "\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n")));
  await client.response();
  assertEquals(forwardedFor(backend), ["192.0.2.7"]);
  using local = await Dialogue.open(balancer.port);
  await local.send(
    concat(
      writeProxyHeader(2, undefined),
      GET.replace("\r\n\r\n", "\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n"),
    ),
  );
  await local.response();
  assertEquals(forwardedFor(backend)[1], "9.9.9.9, 127.0.0.1");
});

Deno.test("PROXY in: a peer that is not trusted is closed, whatever it sends", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url], { isTrusted: () => false });
  using client = await Dialogue.open(balancer.port);
  await client.send(concat(V1, GET)).catch(() => {}); // it may be closed already
  assertEquals(await client.rest(), "");
  assertEquals(backend.connections, 0);
  assertEquals(balancer.warnings, [
    "a connection from 127.0.0.1 was closed: it is none of trustedProxies, which alone may send PROXY headers",
  ]);
});

for (
  const [what, bytes] of [
    ["HTTP", GET],
    ["a malformed header", "PROXY TCP4 1.2.3.4\r\n" + GET],
    ["a TLS handshake", Uint8Array.of(0x16, 3, 1, 0, 5)],
    ["a length above the limit", concat(SIGNATURE, Uint8Array.of(0x21, 0x11, 0xff, 0xff))],
  ] as const
) {
  Deno.test(`PROXY in: a peer that sends ${what} first is closed at once`, async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    await client.send(bytes);
    assertEquals(await client.rest(), "");
    assertEquals(backend.connections, 0);
    assertEquals(balancer.warnings, [
      "a connection from 127.0.0.1 was closed: what it sent first is no valid PROXY header",
    ]);
  });
}

for (const [what, bytes] of [["nothing", ""], ["half a header", V1.slice(0, 20)]] as const) {
  Deno.test(`PROXY in: a peer that sends ${what} is closed after timeouts.header`, async () => {
    await using balancer = balance(["http://127.0.0.1:1"], { headerTimeout: 200 });
    const startedAt = performance.now();
    using client = await Dialogue.open(balancer.port);
    await client.send(bytes);
    assertEquals(await client.rest(), "");
    const tookMs = performance.now() - startedAt;
    assert(tookMs >= 200 && tookMs < 5_000, `${tookMs} ms`);
    assertEquals(balancer.warnings.length, 1);
  });
}

Deno.test("PROXY in: whoever only connects and leaves is nothing to warn of", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  for (let count = 0; count < 3; count++) {
    const probe = await Dialogue.open(balancer.port);
    await probe.closeWrite();
    await probe.rest();
    probe[Symbol.dispose]();
  }
  assertEquals(balancer.warnings, []);
});

Deno.test("PROXY in: connections without a header count as connections, and a drain closes them", async () => {
  const balancer = balance(["http://127.0.0.1:1"]);
  using client = await Dialogue.open(balancer.port);
  const stopping = balancer.engine.drain(300, 0);
  assertEquals(await client.rest(), "");
  await stopping;
  assertEquals(balancer.errors, []);
});

const LOCALHOST = ["localhost"];
const TLS: TlsSettings = {
  certificates: [served(await certificateFor(LOCALHOST), LOCALHOST)],
  minVersion: "1.2",
};

for (const [what, header] of [["v1", V1], ["v2", V2]] as const) {
  Deno.test(`PROXY in: ${what} comes before TLS`, async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url], { tls: TLS });
    const socket = await Deno.connect({ hostname: LOOPBACK, port: balancer.port });
    await socket.write(header);
    const caCerts = [AUTHORITY.cert];
    using client = new Dialogue(await Deno.startTls(socket, { hostname: "localhost", caCerts }));
    await client.send(GET);
    assertEquals((await client.response()).status, 200);
    assertEquals(forwardedFor(backend), ["192.0.2.7"]);
    const [{ fields }] = backend.requests as [typeof backend.requests[0]];
    assertEquals(fields.find(([name]) => name === "x-forwarded-proto")?.[1], "https");
  });
}

Deno.test("PROXY in: header and ClientHello may come in one piece", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url], { tls: TLS });
  using front = Deno.listen({ hostname: LOOPBACK, port: 0 });
  const connecting = Deno.connectTls({
    hostname: "localhost",
    port: front.addr.port,
    caCerts: [AUTHORITY.cert],
  });
  const outside = await front.accept();
  const inside = await Deno.connect({ hostname: LOOPBACK, port: balancer.port });
  const hello = new Uint8Array(16 * 1024);
  const size = await outside.read(hello);
  await inside.write(concat(V2, hello.subarray(0, size!)) as Uint8Array<ArrayBuffer>);
  const passing = Promise.allSettled([
    outside.readable.pipeTo(inside.writable),
    inside.readable.pipeTo(outside.writable),
  ]);
  const client = new Dialogue(await connecting);
  await client.send(GET);
  assertEquals((await client.response()).status, 200);
  client[Symbol.dispose]();
  await passing;
  assertEquals(forwardedFor(backend), ["192.0.2.7"]);
});
