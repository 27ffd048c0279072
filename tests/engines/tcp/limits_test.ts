import { assertEquals } from "@std/assert";
import { balance as balanceWith, type TestOptions } from "../../support/balancer.ts";
import { RawBackend } from "../../support/raw_backend.ts";
import { Dialogue } from "../../support/raw_client.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";

const balance = (urls: readonly string[], options?: TestOptions) =>
  balanceWith(urls, { ...options, engine: "tcp" });

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
const KIB = 1024;

/** A GET whose head has exactly this size, in bytes. */
const headOf = (size: number) =>
  GET.replace("\r\n\r\n", `\r\nX-Pad: ${"x".repeat(size - GET.length - 9)}\r\n\r\n`);
const targetOf = (size: number) => GET.replace("/ ", `/${"x".repeat(size - 1)} `);

for (
  const [what, text, status] of [
    ["a head of 16 KiB", headOf(16 * KIB), 200],
    ["a head of 16 KiB and a byte", headOf(16 * KIB + 1), 431],
    ["a head of 1 MiB", headOf(KIB * KIB), 431],
    ["a target of 8 KiB", targetOf(8 * KIB), 200],
    ["a target of 8 KiB and a byte", targetOf(8 * KIB + 1), 414],
    ["a target of 100 KiB", targetOf(100 * KIB), 414],
    ["100 fields", GET.replace("\r\n\r\n", `\r\n${"A: b\r\n".repeat(99)}\r\n`), 200],
    ["101 fields", GET.replace("\r\n\r\n", `\r\n${"A: b\r\n".repeat(100)}\r\n`), 431],
    ["a Host of 600 bytes", GET.replace("a.test", "a".repeat(600)), 400],
    ["HTTP/2 prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
    ["HTTP/1.2", GET.replace("HTTP/1.1", "HTTP/1.2"), 505],
    ["a TLS handshake", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 400],
    ["a line feed alone", "GET / HTTP/1.1\nHost: a.test\n\n", 400],
    ["no version", "GET /\r\n", 400],
  ] as const
) {
  Deno.test(`limits: ${what} gets ${status} without waiting for more bytes`, async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    // If it is refused early, the connection may be closed before all is sent.
    await client.send(text).catch((error) => assertEquals(status >= 400, true, String(error)));
    const response = await client.response();
    assertEquals([response.status, backend.requests.length], [status, status === 200 ? 1 : 0]);
    assertEquals(response.field("connection"), status === 200 ? undefined : "close");
  });
}

Deno.test("limits: heads of any size up to MAX_HEADER_SIZE are accepted", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url], { maxHeaderSize: 64 * KIB });
  using client = await Dialogue.open(balancer.port);
  for (const size of [1_000, 2_040, 2_048, 2_049, 5_000, 16_384, 16_385, 40_000, 65_536, 1_000]) {
    await client.send(headOf(size));
    assertEquals((await client.response()).status, 200, String(size));
  }
  assertEquals(backend.ambiguous, []);
});

Deno.test("limits: at MAX_CONNECTIONS the connection that has been idle longest is closed for a new one, with one warning", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url], { maxConnections: 2 });
  using first = await Dialogue.open(balancer.port);
  await first.send(GET);
  await first.response();
  await new Promise((resolve) => setTimeout(resolve, 120)); // so that it has been idle longest, by the clock of the wheel
  using second = await Dialogue.open(balancer.port);
  await second.send(GET);
  await second.response();
  using third = await Dialogue.open(balancer.port);
  await third.send(GET);
  await third.response();
  assertEquals(await first.rest(), "");
  await second.send(GET);
  assertEquals((await second.response()).status, 200);
  assertEquals(balancer.warnings, [
    "the limit of client connections is reached: idle ones are closed for new ones, or new ones wait",
  ]);
});

Deno.test("limits: at MAX_CONNECTIONS a new connection waits if none is idle", async () => {
  await using backend = new ScriptedBackend(
    "a",
    ({ target }) => target === "/slow" ? "stall" : "serve",
  );
  await using balancer = balance([backend.url], { maxConnections: 1, firstByteTimeout: 200 });
  using busy = await Dialogue.open(balancer.port);
  await busy.send(GET.replace("/ ", "/slow "));
  await backend.until(() => backend.requests.length === 1);
  using newcomer = await Dialogue.open(balancer.port);
  await newcomer.send(GET);
  assertEquals((await busy.response()).status, 504);
  assertEquals((await newcomer.response()).status, 200);
});

Deno.test("limits: a connection whose next request has arrived is not closed for a new one", async () => {
  const answer = Promise.withResolvers<void>();
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    if (side.received.startsWith("GET /slow")) await answer.promise;
    await side.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    seen.push(side.received.split(" HTTP")[0]!);
  });
  const seen: string[] = [];
  await using balancer = balance([backend.url], { maxConnections: 1 });
  using first = await Dialogue.open(balancer.port);
  await first.send(GET.replace("/ ", "/slow "));
  await new Promise((resolve) => setTimeout(resolve, 200)); // until it is read ahead
  await first.send(GET.replace("/ ", "/next "));
  using newcomer = await Dialogue.open(balancer.port);
  await newcomer.send(GET.replace("GET /", "POST /pay"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  answer.resolve();
  assertEquals([(await first.response()).status, (await first.response()).status], [200, 200]);
  assertEquals((await newcomer.response()).status, 200);
  assertEquals(seen, ["GET /slow", "GET /next", "POST /pay"]);
});
