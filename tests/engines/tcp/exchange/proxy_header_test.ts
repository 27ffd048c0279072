/** PROXY headers to backends, end to end. */
import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { readProxyHeader } from "../../../../lib/net/proxy_header/read.ts";
import { type ProxyVersion, writeProxyHeader } from "../../../../lib/net/proxy_header/write.ts";
import { balance as balanceWith, type TestOptions } from "../../../support/balancer.ts";
import { type BackendSide, RawBackend } from "../../../support/raw_backend.ts";
import { bytesOf, Dialogue } from "../../../support/raw_client.ts";

const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const RESPONSE = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

function balance(urls: readonly string[], sendsProxy: ProxyVersion, options: TestOptions = {}) {
  return balanceWith(urls, { ...options, sendsProxy, engine: "tcp" });
}

/** A backend that takes a header and then requests, and keeps what each header says of the source. */
class ToldBackend extends RawBackend {
  readonly sources: (string | undefined)[] = [];

  constructor() {
    super(async (side) => {
      const from = await takeHeader(side);
      this.sources.push(from);
      while (true) {
        await side.until("\r\n\r\n");
        side.received = "";
        await side.send(RESPONSE);
      }
    });
  }
}

/** @returns address and port of the source */
async function takeHeader(side: BackendSide): Promise<string | undefined> {
  while (true) {
    if (!await side.read()) throw new Error("no header");
    const header = readProxyHeader(bytesOf(side.received));
    if (header === "invalid") throw new Error(`no header: ${side.received}`);
    if (header === "incomplete") continue;
    side.received = side.received.slice(header.length);
    const source = header.endpoints?.source;
    return source && `${source.address}:${source.port}`;
  }
}

async function ask(client: Dialogue): Promise<number> {
  await client.send(GET);
  return (await client.response()).status;
}

for (const version of [1, 2] as const) {
  Deno.test(`PROXY out: version ${version} names each client, on connections of its own`, async () => {
    await using backend = new ToldBackend();
    await using balancer = balance([backend.url], version);
    const ports: number[] = [];
    for (let count = 0; count < 2; count++) {
      const socket = await Deno.connect({ hostname: "127.0.0.1", port: balancer.port });
      ports.push(socket.localAddr.port);
      using client = new Dialogue(socket);
      for (let requests = 0; requests < 3; requests++) assertEquals(await ask(client), 200);
    }
    assertEquals(backend.sources, ports.map((port) => `127.0.0.1:${port}`));
  });

  Deno.test(`PROXY out: version ${version} hands on what a PROXY header has named`, async () => {
    await using backend = new ToldBackend();
    await using balancer = balance([backend.url], version, {
      proxyProtocol: true,
      isTrusted: (address) => address === "127.0.0.1",
    });
    const source = { address: "2001:db8::7", port: 4660 };
    const destination = { address: "2001:db8::1", port: 443 };
    using client = await Dialogue.open(balancer.port);
    await client.send(writeProxyHeader(2, { source, destination }));
    assertEquals(await ask(client), 200);
    using probe = await Dialogue.open(balancer.port);
    await probe.send(writeProxyHeader(1, undefined));
    assertEquals(await ask(probe), 200);
    assertEquals(backend.sources[0], "2001:db8::7:4660");
    assertEquals(backend.sources[1]?.startsWith("127.0.0.1:"), true);
  });
}

Deno.test("PROXY out: clients at the same time never share a connection, nor take one over", async () => {
  await using backend = new ToldBackend();
  await using balancer = balance([backend.url], 2);
  const clients = await Promise.all(Array.from({ length: 8 }, () => Dialogue.open(balancer.port)));
  for (let requests = 0; requests < 5; requests++) {
    await Promise.all(clients.map(ask));
  }
  assertEquals(backend.connections, 8);
  assertEquals(new Set(backend.sources).size, 8);
  for (const client of clients) client[Symbol.dispose]();
});

Deno.test("PROXY out: a client that leaves takes its idle connections with it", async () => {
  await using backend = new ToldBackend();
  await using balancer = balance([backend.url], 1, { backendIdleTimeout: 60_000 });
  {
    using client = await Dialogue.open(balancer.port);
    await ask(client);
    assertEquals(backend.openConnections, 1);
  }
  await deadline(backend.settled(), 10_000);
  assertEquals(backend.openConnections, 0);
});

Deno.test("PROXY out: a connection that the backend has closed is replaced by a new one with a header", async () => {
  let connections = 0;
  await using backend = new RawBackend(async (side) => {
    connections++;
    await takeHeader(side);
    await side.until("\r\n\r\n");
    await side.send(RESPONSE); // and is closed
  });
  await using balancer = balance([backend.url], 1);
  using client = await Dialogue.open(balancer.port);
  for (let requests = 0; requests < 3; requests++) {
    assertEquals(await ask(client), 200);
    await backend.settled();
  }
  assertEquals(connections, 3);
  assertEquals(backend.errors, []);
});

for (const [version, expected] of [[1, "PROXY UNKNOWN\r\n"], [2, "LOCAL"]] as const) {
  Deno.test(`PROXY out: connect checks say ${expected.trim()} in version ${version}`, async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    await using balancer = balance([`http://127.0.0.1:${port}`], version);
    using client = await Dialogue.open(balancer.port);
    assertEquals(await ask(client), 503);
    using back = Deno.listen({ hostname: "127.0.0.1", port });
    using check = await back.accept();
    const buffer = new Uint8Array(100);
    const size = await check.read(buffer);
    assertEquals(buffer.slice(0, size!), writeProxyHeader(version, undefined));
  });
}
