import { assertEquals } from "@std/assert";
import { balance as balanceWith, type TestOptions } from "../../support/balancer.ts";
import { DeafPort } from "../../support/deaf_port.ts";
import { type BackendSide, RawBackend } from "../../support/raw_backend.ts";
import { Dialogue } from "../../support/raw_client.ts";
import { assertAbout, pause, timed } from "../../support/timing.ts";

const balance = (urls: readonly string[], options?: TestOptions) =>
  balanceWith(urls, { ...options, engine: "tcp" });

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
const UPGRADE = GET.replace("\r\n\r\n", "\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
const SWITCHING = "HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
const HEAD = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n";

interface Case {
  readonly what: string;
  readonly request?: string;
  readonly backend: (side: BackendSide) => Promise<unknown>;
  readonly options?: TestOptions;
  /** What the client does after the response has begun. */
  readonly client?: (client: Dialogue) => Promise<unknown> | void;
  /** Failures of the backend afterwards; it has one before. */
  readonly failures: 0 | 1 | 2;
}

const CASES: readonly Case[] = [
  {
    what: "a complete response",
    backend: (side) => side.send(`${HEAD}0\r\n\r\n`),
    failures: 0,
  },
  {
    what: "a response that its backend breaks off",
    backend: (side) => side.send(HEAD),
    failures: 2,
  },
  {
    what: "a response that becomes malformed half-way",
    backend: (side) => side.send(HEAD).then(() => pause(50)).then(() => side.send("nonsense\r\n")),
    failures: 2,
  },
  {
    what: "a response that stalls",
    backend: (side) => side.send(HEAD).then(() => side.read()),
    options: { idleTimeout: 300 },
    failures: 2,
  },
  {
    what: "a response that REQUEST_TIMEOUT cuts off",
    backend: (side) => side.send(HEAD).then(() => side.read()),
    options: { requestTimeout: 300 },
    failures: 1,
  },
  {
    what: "a response whose client leaves",
    backend: async (side) => {
      await side.send(HEAD);
      while (true) await side.send("1\r\nx\r\n").then(() => pause(5));
    },
    client: (client) => client[Symbol.dispose](),
    failures: 1,
  },
  {
    what: "a tunnel that ends",
    request: UPGRADE,
    backend: (side) => side.send(SWITCHING),
    client: (client) => client.closeWrite(),
    failures: 0,
  },
  {
    what: "a tunnel that TUNNEL_IDLE_TIMEOUT ends, long after REQUEST_TIMEOUT",
    request: UPGRADE,
    backend: (side) => side.send(SWITCHING).then(() => side.read()),
    options: { tunnelIdleTimeout: 700, requestTimeout: 300 },
    failures: 1,
  },
];

for (const { what, request = GET, backend, options = {}, client, failures } of CASES) {
  Deno.test(`blame: after one failure and ${what}, a backend has ${failures}`, async () => {
    await using server = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      if (side.received.startsWith("GET /fail")) return;
      await backend(side);
    });
    await using balancer = balance([server.url], options);
    using before = await Dialogue.open(balancer.port);
    await before.send(GET.replace("/", "/fail"));
    await before.response();
    using dialogue = await Dialogue.open(balancer.port);
    await dialogue.send(request);
    await dialogue.until("\r\n\r\n");
    const startedAt = performance.now();
    await client?.(dialogue);
    while (balancer.entries.length < 2) await pause(5);
    assertEquals(balancer.pool.backends[0]!.standing.failures, failures);
    assertEquals([balancer.pool.backends[0]!.inFlight, server.errors], [0, []]);
    const { tunnelIdleTimeout } = options;
    if (tunnelIdleTimeout !== undefined) {
      assertEquals(performance.now() - startedAt >= tunnelIdleTimeout - 50, true);
    }
  });
}

Deno.test("blame: FIRST_BYTE_TIMEOUT does not run while the client pauses after 100 (Continue)", async () => {
  await using server = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await side.send("HTTP/1.1 100 Continue\r\n\r\n");
    await side.until("body");
    await side.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    await side.read();
  });
  await using balancer = balance([server.url], { firstByteTimeout: 300 });
  using client = await Dialogue.open(balancer.port);
  await client.send(
    "POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
  );
  await client.until("100 Continue\r\n\r\n");
  await pause(1_300); // longer than FIRST_BYTE_TIMEOUT, and than the proxy waits before it sends 100 itself
  assertEquals(client.received, "");
  await client.send("body");
  assertEquals((await client.response()).status, 200);
  assertEquals(balancer.changes, []);
});

Deno.test("blame: REQUEST_TIMEOUT ends a connection attempt that gets no answer", async () => {
  using deaf = await DeafPort.open();
  await using balancer = balance([deaf.url], { requestTimeout: 150, connectTimeout: 20_000 });
  using client = await Dialogue.open(balancer.port);
  const [response, took] = await timed(async () => {
    await client.send(GET);
    return await client.response();
  });
  assertEquals(response.status, 504);
  assertAbout(took, 150);
});
