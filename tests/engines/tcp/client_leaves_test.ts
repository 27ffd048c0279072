import { assert, assertEquals } from "@std/assert";
import { balance as balanceWith, TCP_SCHEME } from "../../support/balancer.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { type BackendSide, RawBackend } from "../../support/raw_backend.ts";
import { Dialogue } from "../../support/raw_client.ts";
import { connectAndReset } from "../../support/reset.ts";
import { latin1 } from "../../support/strict_parser.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
const STREAM = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const EVENT = "4\r\none\n\r\n";
const LAST_CHUNK = "0\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const LONG_MS = 120_000;

/** A backend whose connections a test drives, and a balancer before it. */
function site() {
  const clock = new ManualClock();
  const sides: BackendSide[] = [];
  const backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    sides.push(side);
    while (await side.read());
  });
  const limits = { firstByteTimeout: LONG_MS, idleTimeout: LONG_MS };
  const balancer = balanceWith([backend.url], { engine: "tcp", clock, ...limits });
  return {
    clock,
    backend,
    balancer,
    /** The backend's side of its connection of that number, once a request has arrived on it. */
    async side(number: number): Promise<BackendSide> {
      while (sides.length < number) await clock.advance(50);
      return sides[number - 1]!;
    },
    async [Symbol.asyncDispose]() {
      await balancer[Symbol.asyncDispose]();
      await backend[Symbol.asyncDispose]();
    },
  };
}

Deno.test("client leaves: one that closes its sending side during a quiet stream is given up after 5 s", async () => {
  await using at = site();
  using client = await Dialogue.open(at.balancer.port);
  await client.send(GET);
  await (await at.side(1)).send(STREAM + EVENT);
  await client.until("one");
  await at.clock.advance(1_500); // until it is watched
  await client.closeWrite();
  await at.clock.advance(4_500);
  assertEquals(at.backend.openConnections, 1);
  const took = await at.clock.advanceUntil(() => at.backend.openConnections === 0);
  assert(took < 2_000, `${took} ms more`);
  assertEquals(await client.rest(), "\n\r\n");
  assertEquals(at.balancer.entries.map(({ broken }) => broken), ["the client left"]);
});

Deno.test("client leaves: one that has closed its sending side gets its stream as long as something comes", async () => {
  await using at = site();
  using client = await Dialogue.open(at.balancer.port);
  await client.send(GET);
  const side = await at.side(1);
  await side.send(STREAM + EVENT);
  await client.until("one");
  await client.closeWrite();
  for (let events = 0; events < 4; events++) {
    await at.clock.advance(3_000);
    await side.send(EVENT);
    await client.until("one");
  }
  await side.send(LAST_CHUNK);
  assertEquals(await client.rest(), `\n\r\n${LAST_CHUNK}`);
  assertEquals(at.balancer.entries.map(({ broken }) => broken), [undefined]);
});

for (const [after, isAnswered] of [[4_000, true], [8_000, false]] as const) {
  const what = isAnswered ? "gets a response that comes soon" : "is given up after 5 s";
  Deno.test(`client leaves: an HTTP/1.0 client that closes its sending side ${what}`, async () => {
    await using at = site();
    using client = await Dialogue.open(at.balancer.port);
    await client.send("GET / HTTP/1.0\r\n\r\n");
    await client.closeWrite();
    const side = await at.side(1);
    await at.clock.advance(after);
    assertEquals(at.backend.openConnections, isAnswered ? 1 : 0);
    await side.send(OK).catch(() => {});
    assertEquals((await client.rest()).endsWith("ok"), isAnswered);
  });
}

Deno.test("client leaves: requests that are sent during a quiet stream are served after it, although the client is watched", async () => {
  await using at = site();
  using client = await Dialogue.open(at.balancer.port);
  await client.send(GET);
  const stream = await at.side(1);
  await stream.send(STREAM + EVENT);
  await client.until("one");
  await at.clock.advance(1_500);
  const body = "x".repeat(3_000); // more than the small buffer holds
  await client.send(`POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3000\r\n\r\n${body}`);
  await at.clock.advance(200);
  await client.send(GET.replace("/ ", "/b "));
  await client.closeWrite();
  await at.clock.advance(1_000);
  await stream.send(LAST_CHUNK);
  await client.until(LAST_CHUNK);
  for (const start of ["POST /a", "GET /b"]) {
    while (!stream.received.includes(start)) await at.clock.advance(50);
    await at.clock.advance(200);
    await stream.send(OK);
    assertEquals(latin1((await client.response()).body), "ok");
  }
  assertEquals(stream.received.includes(body), true);
  assertEquals(await client.rest(), "");
});

Deno.test({
  name: "client leaves: a reset is noticed although the client has sent another request before",
  // The relay would make a goodbye of it: tests/engines/tcp/tls/secure_connection_test.ts has it over TLS.
  ignore: TCP_SCHEME === "https",
  async fn() {
    await using at = site();
    await connectAndReset(at.balancer.port, async (send) => {
      send(GET);
      await (await at.side(1)).send(STREAM + EVENT);
      await at.clock.advance(1_500);
      send(GET);
      await at.clock.advance(200);
    });
    const took = await at.clock.advanceUntil(() => at.backend.openConnections === 0);
    assert(took < 1_000, `${took} ms`);
    assertEquals([at.balancer.entries.length, at.balancer.changes], [1, []]);
  },
});
