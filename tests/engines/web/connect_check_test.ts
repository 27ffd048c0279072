import { assertEquals } from "@std/assert";
import { startClock } from "../../../lib/time/clock.ts";
import { ConnectCheck } from "../../../lib/engines/web/connect_check.ts";
import { DeafPort } from "../../support/deaf_port.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { deadPort } from "../../support/dead_port.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";
import { Wheel } from "../../../lib/time/timer_wheel.ts";

Deno.test("connect check: a backend that accepts connections passes, and simultaneous checks share one connection", async () => {
  using clock = startClock();
  await using backend = new ScriptedBackend("a");
  const connectCheck = new ConnectCheck(backend, clock.wheel);
  const answers = await Promise.all([1, 2, 3].map(() => connectCheck.run(1_000)));
  assertEquals(answers, [undefined, undefined, undefined]);
  assertEquals(await connectCheck.run(1_000), undefined);
  await backend.until(() => backend.connections === 1 && backend.openConnections === 0);
});

Deno.test("connect check: a refused connection fails at once", async () => {
  using clock = startClock();
  const connectCheck = new ConnectCheck({ url: `http://127.0.0.1:${deadPort()}` }, clock.wheel);
  assertEquals((await connectCheck.run(1_000))?.failure, "connection_refused");
});

Deno.test("connect check: an unanswered SYN fails after the timeout", async () => {
  using clock = startClock();
  using deaf = await DeafPort.open();
  const connectCheck = new ConnectCheck(deaf, clock.wheel);
  assertEquals((await connectCheck.run(100))?.failure, "connection_timeout");
});

Deno.test("connect check: an unanswered SYN says nothing if requests are answered meanwhile", async () => {
  const clock = new ManualClock();
  using deaf = await DeafPort.open();
  const connectCheck = new ConnectCheck(deaf, clock.wheel);
  const running = connectCheck.run(300);
  await clock.advance(150);
  connectCheck.noteAnswer();
  await clock.advance(300);
  assertEquals(await running, undefined);
});

Deno.test("connect check: an answered request counts for a second", () => {
  const wheel = new Wheel(0);
  const connectCheck = new ConnectCheck({ url: "http://127.0.0.1:9000" }, wheel);
  assertEquals(connectCheck.isAnswering, false);
  connectCheck.noteAnswer();
  wheel.turn(1_000);
  assertEquals(connectCheck.isAnswering, true);
  wheel.turn(1_050);
  assertEquals(connectCheck.isAnswering, false);
});
