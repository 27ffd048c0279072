/** PROXY headers to backends over TLS: they come before the handshake. */
import { assert, assertEquals } from "@std/assert";
import { exchangeProbe } from "../../../../lib/health/probe_exchange.ts";
import { parseAddress } from "../../../../lib/net/dial.ts";
import { readProxyHeader } from "../../../../lib/net/proxy_header/read.ts";
import { balance } from "../../../support/balancer.ts";
import { AUTHORITY, certificateFor } from "../../../support/certificates.ts";
import { bytesOf, Dialogue } from "../../../support/raw_client.ts";
import { SecureBackend } from "../../../support/secure_backend.ts";
import { latin1 } from "../../../support/strict_parser.ts";

const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const TRUSTED = { ca: AUTHORITY.cert, verify: true };
const ADDRESS = await certificateFor(["127.0.0.1"]);
const OTHER = await certificateFor(["other.internal"]);

/** Takes a header from each connection, and hands what follows it to a backend over TLS. */
class ToldBackend implements AsyncDisposable {
  /** Address and port of the source that each header names; undefined if it names none. */
  readonly sources: (string | undefined)[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving: Promise<unknown>[] = [];

  private constructor(readonly behind: SecureBackend) {
    this.#serving.push(this.#accept());
  }

  static async start(certificate = ADDRESS): Promise<ToldBackend> {
    return new ToldBackend(await SecureBackend.start(certificate));
  }

  get url(): string {
    return `https://127.0.0.1:${this.#listener.addr.port}`;
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) this.#serving.push(this.#serve(connection));
  }

  async #serve(connection: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(4096);
    let received = "";
    let header: ReturnType<typeof readProxyHeader> = "incomplete";
    while (header === "incomplete") {
      const size = await connection.read(buffer);
      if (size === null) return connection.close();
      received += latin1(buffer.subarray(0, size));
      header = readProxyHeader(bytesOf(received));
    }
    if (header === "invalid") throw new Error(`no header: ${received}`);
    const source = header.endpoints?.source;
    this.sources.push(source && `${source.address}:${source.port}`);
    const behind = await Deno.connect({ hostname: "127.0.0.1", port: this.behind.port });
    await behind.write(bytesOf(received.slice(header.length)));
    await Promise.allSettled([
      connection.readable.pipeTo(behind.writable),
      behind.readable.pipeTo(connection.writable),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.behind[Symbol.asyncDispose]();
    await Promise.all(this.#serving);
  }
}

async function ask(client: Dialogue): Promise<number> {
  await client.send(GET);
  return (await client.response()).status;
}

for (const sendsProxy of [1, 2] as const) {
  Deno.test(`PROXY out over TLS: version ${sendsProxy} names each client before the handshake, on connections of its own that are kept`, async () => {
    await using backend = await ToldBackend.start();
    await using balancer = balance([backend.url], {
      ...{ engine: "tcp", sendsProxy, backendTls: TRUSTED },
    });
    const ports: number[] = [];
    for (let count = 0; count < 2; count++) {
      const socket = await Deno.connect({ hostname: "127.0.0.1", port: balancer.port });
      ports.push(socket.localAddr.port);
      using client = new Dialogue(socket);
      for (let requests = 0; requests < 3; requests++) assertEquals(await ask(client), 200);
    }
    assertEquals(backend.sources, ports.map((port) => `127.0.0.1:${port}`));
    assertEquals(backend.behind.requests.length, 6);
  });

  Deno.test(`PROXY out over TLS: a probe with version ${sendsProxy} is the balancer's own`, async () => {
    await using backend = await ToldBackend.start();
    const address = { ...parseAddress(backend.url), tls: TRUSTED };
    const probe = { address, proxyProtocol: sendsProxy, target: "/healthz", host: "a.test" };
    assertEquals(await exchangeProbe(probe, new AbortController().signal), 200);
    assertEquals(backend.sources, [undefined]);
    assertEquals(backend.behind.requests.map(({ url }) => url), ["/healthz"]);
  });
}

Deno.test("PROXY out over TLS: a backend whose certificate is not accepted gets the header and no request, and the next one is asked", async () => {
  await using bad = await ToldBackend.start(OTHER);
  await using good = await ToldBackend.start();
  await using balancer = balance([bad.url, good.url], {
    ...{ engine: "tcp", sendsProxy: 2, backendTls: TRUSTED },
  });
  using client = await Dialogue.open(balancer.port);
  assertEquals(await ask(client), 200);
  assertEquals([bad.behind.requests.length, good.behind.requests.length], [0, 1]);
  assert(bad.sources.length >= 1);
  assertEquals(new Set([...bad.sources, ...good.sources]).size, 1);
});
