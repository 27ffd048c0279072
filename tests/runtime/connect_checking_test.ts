import { assertEquals } from "@std/assert";
import { startConnectChecking } from "../../lib/runtime/connect_checking.ts";
import { startClock } from "../../lib/time/clock.ts";
import { Backend } from "../../lib/backends/backend.ts";
import { createFakePool, facts, failed } from "../support/fakes.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { pause } from "../support/timing.ts";

Deno.test("connect checking: a backend is connected to until it accepts, and then left alone", async () => {
  const port = deadPort();
  const backend = new Backend({ url: `http://127.0.0.1:${port}`, weight: 1 });
  const pool = createFakePool([], { backends: [backend] });
  using clock = startClock();
  const checking = startConnectChecking(() => ({ pool, timeout: 1_000 }), clock, () => 0.5);
  backend.acquire();
  pool.report(facts(), { backend, outcome: failed("connection_refused") });
  while (backend.standing.failures < 2) await pause(10); // a check has failed
  await using back = new ScriptedBackend("back", "serve", port);
  while (backend.unreachable) await pause(10);
  await checking[Symbol.asyncDispose]();
  assertEquals([back.connections, back.bytesReceived], [1, 0]);
});
