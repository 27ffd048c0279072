import { assert, assertEquals } from "@std/assert";
import { balance, type TestOptions } from "../../../support/balancer.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { type BackendSide, RawBackend } from "../../../support/raw_backend.ts";
import { Dialogue } from "../../../support/raw_client.ts";

const UPGRADE = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
const SWITCH = "HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
const LIMITS = { tunnelIdleTimeout: 120_000, halfClosedTimeout: 5_000 };

/** An open tunnel. Its backend ignores that the client closes, until it is told to end. */
async function openTunnel(options: TestOptions = {}) {
  const clock = new ManualClock();
  const opened = Promise.withResolvers<BackendSide>();
  const ended = Promise.withResolvers<void>();
  const backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await side.send(SWITCH);
    opened.resolve(side);
    await ended.promise;
  });
  const balancer = balance([backend.url], { engine: "tcp", clock, ...LIMITS, ...options });
  const client = await Dialogue.open(balancer.port);
  await client.send(UPGRADE);
  await client.until("\r\n\r\n");
  return {
    clock,
    client,
    side: await opened.promise,
    /** How the tunnel ended, if it has. */
    endings: () => balancer.entries.map(({ broken }) => broken),
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      ended.resolve();
      await balancer[Symbol.asyncDispose]();
      await backend[Symbol.asyncDispose]();
      assertEquals(balancer.changes, []);
    },
  };
}

const ENDED = "one side of the tunnel closed, and nothing passed any more";

for (const first of ["client", "backend"] as const) {
  Deno.test(`half-closed tunnel: if the ${first} has closed its side, HALF_CLOSED_TIMEOUT ends it`, async () => {
    await using tunnel = await openTunnel();
    const { clock, client, side, endings } = tunnel;
    await clock.advance(10_000);
    assertEquals(endings(), []);
    await (first === "client" ? client : side).closeWrite();
    await clock.advance(4_500);
    assertEquals(endings(), []);
    const took = await clock.advanceUntil(() => endings().length === 1);
    assert(took < 2_000, `${took} ms more`);
    assertEquals(endings(), [ENDED]);
    assertEquals(await client.rest(), "");
  });

  Deno.test(`half-closed tunnel: if the ${first} has closed its side, it lasts as long as the other one sends`, async () => {
    await using tunnel = await openTunnel();
    const { clock, client, side, endings } = tunnel;
    await (first === "client" ? client : side).closeWrite();
    for (let i = 0; i < 3; i++) {
      await clock.advance(4_000);
      if (first === "client") await side.send("x").then(() => client.until("x"));
      else await client.send("x").then(() => side.read());
    }
    assertEquals(endings(), []);
    await clock.advanceUntil(() => endings().length === 1);
    assertEquals(endings(), [ENDED]);
  });
}

Deno.test("half-closed tunnel: a shorter TUNNEL_IDLE_TIMEOUT ends it earlier", async () => {
  await using tunnel = await openTunnel({ tunnelIdleTimeout: 1_000 });
  await tunnel.client.closeWrite();
  const took = await tunnel.clock.advanceUntil(() => tunnel.endings().length === 1);
  assert(took >= 1_000 && took < 3_000, `${took} ms`);
});
