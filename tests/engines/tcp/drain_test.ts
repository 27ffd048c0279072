import { assert, assertEquals } from "@std/assert";
import { balance as balanceWith, type TestOptions } from "../../support/balancer.ts";
import { RawBackend } from "../../support/raw_backend.ts";
import { Dialogue } from "../../support/raw_client.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";
import { pause } from "../../support/timing.ts";

const balance = (urls: readonly string[], options?: TestOptions) =>
  balanceWith(urls, { ...options, engine: "tcp" });

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
const GRACE = 400;

Deno.test("drain: new connections are served during the grace period, with Connection: close", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  const drained = balancer.engine.drain(5_000, GRACE);
  using client = await Dialogue.open(balancer.port);
  await client.send(GET);
  const response = await client.response();
  assertEquals([response.status, response.field("connection")], [200, "close"]);
  assertEquals(await drained, 0);
});

Deno.test("drain: a connection opened during the grace period still gets its first request served after it", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  const drained = balancer.engine.drain(5_000, GRACE);
  using client = await Dialogue.open(balancer.port);
  await pause(GRACE + 100);
  await client.send(GET);
  assertEquals((await client.response()).status, 200);
  assertEquals(await drained, 0);
});

Deno.test("drain: draining ends once the last response is complete, without waiting for the timeout", async () => {
  const end = Promise.withResolvers<void>();
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await side.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
    await end.promise;
    await side.send("half");
    await side.read();
  });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(GET);
  await client.until("half");
  const startedAt = performance.now();
  const drained = balancer.engine.drain(30_000, 50);
  await pause(200);
  end.resolve();
  await client.until("half");
  const rest = client.rest();
  assertEquals(await drained, 0);
  assertEquals(await rest, "");
  assert(performance.now() - startedAt < 10_000, "it waited for DRAIN_TIMEOUT");
});

Deno.test("drain: requests cut off by the timeout are counted and logged, and do not count against a backend", async () => {
  await using backend = new ScriptedBackend("a", {
    reply: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
  });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(GET);
  await client.until("half");
  assertEquals(await balancer.engine.drain(100, 0), 1);
  while (balancer.entries.length === 0) await pause(5);
  assertEquals(balancer.entries[0]!.broken, "the stop did not wait any longer");
  assertEquals(balancer.changes, []);
});

Deno.test("drain: a request that is cut off before any response has the status 0, and its client has not left", async () => {
  await using backend = new ScriptedBackend("a", "stall");
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(GET);
  await backend.until(() => backend.requests.length === 1);
  assertEquals(await balancer.engine.drain(100, 0), 1);
  while (balancer.entries.length === 0) await pause(5);
  const { status, broken, bytes } = balancer.entries[0]!;
  assertEquals([status, broken, bytes], [0, "the stop did not wait any longer", 0]);
  assertEquals(balancer.changes, []);
});
