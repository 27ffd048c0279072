import { assertEquals } from "@std/assert";
import { connect, type Socket } from "node:net";
import { forEachEngine } from "../support/each_engine.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { type Behaviour, ScriptedBackend } from "../support/scripted_backend.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
const EVENT = "4\r\none\n\r\n";
const STREAM = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${EVENT}`;

forEachEngine(({ balance, test }) => {
  const RESPONSES: readonly (readonly [what: string, Behaviour])[] = [
    ["has not begun", "stall"],
    ["is a quiet stream", { reply: STREAM }],
  ];
  const WAYS: readonly (readonly [what: string, leave: (client: Socket) => void])[] = [
    ["resets", (client) => client.resetAndDestroy()],
    ["closes", (client) => client.destroy()],
  ];

  for (const [response, behaviour] of RESPONSES) {
    for (const [way, leave] of WAYS) {
      test(`client leaves: if it ${way} its connection while its response ${response}, the backend's is closed, and nobody is blamed`, async () => {
        await using backend = new ScriptedBackend("a", behaviour);
        const clock = new ManualClock();
        await using balancer = balance([backend.url], { clock, ...LATE });
        const client = connect(balancer.port, "127.0.0.1");
        client.write(GET);
        if (behaviour === "stall") await backend.until(() => backend.requests.length === 1);
        else await received(client, "one");
        await clock.advance(2_000);
        leave(client);
        await clock.advanceUntil(() => backend.openConnections === 0);
        await clock.advanceUntil(() => balancer.entries.length === 1);
        assertEquals([balancer.changes, balancer.pool.backends[0]!.standing.failures], [[], 0]);
      });
    }
  }

  const LONG_MS = 120_000;
  const LATE = { firstByteTimeout: LONG_MS, idleTimeout: LONG_MS };
});

/** Resolves once the client has received this. */
async function received(client: Socket, text: string): Promise<void> {
  let seen = "";
  const arrived = Promise.withResolvers<void>();
  client.on("data", (data: Uint8Array) => {
    seen += new TextDecoder().decode(data);
    if (seen.includes(text)) arrived.resolve();
  });
  await arrived.promise;
}
