import { assertEquals } from "@std/assert";
import { startClock } from "../../../lib/time/clock.ts";
import { ConnectCheck } from "../../../lib/engines/web/connect_check.ts";
import { DeafPort } from "../../support/deaf_port.ts";
import { deadPort, ScriptedBackend } from "../../support/scripted_backend.ts";
import { Wheel } from "../../../lib/time/timer_wheel.ts";

Deno.test("connectCheck: a backend that takes connections is there, and one question serves all who ask", async () => {
  using clock = startClock();
  await using backend = new ScriptedBackend("a");
  const connectCheck = new ConnectCheck(backend.url, clock.wheel);
  const answers = await Promise.all([1, 2, 3].map(() => connectCheck.run(1_000)));
  assertEquals(answers, [undefined, undefined, undefined]);
  assertEquals(await connectCheck.run(1_000), undefined);
  await backend.until(() => backend.connections === 1 && backend.openConnections === 0);
});

Deno.test("connectCheck: one that refuses is not, at once", async () => {
  using clock = startClock();
  const connectCheck = new ConnectCheck(`http://127.0.0.1:${deadPort()}`, clock.wheel);
  assertEquals((await connectCheck.run(1_000))?.failure, "connection_refused");
});

Deno.test("connectCheck: one that answers no SYN is not, after the timeout", async () => {
  using clock = startClock();
  using deaf = await DeafPort.open();
  const connectCheck = new ConnectCheck(deaf.url, clock.wheel);
  assertEquals((await connectCheck.run(100))?.failure, "connection_timeout");
});

Deno.test("connectCheck: one that answers no SYN, and answers requests meanwhile, is there", async () => {
  using clock = startClock();
  using deaf = await DeafPort.open();
  const connectCheck = new ConnectCheck(deaf.url, clock.wheel);
  const asking = connectCheck.run(300);
  await new Promise((resolve) => setTimeout(resolve, 150));
  connectCheck.noteAnswer();
  assertEquals(await asking, undefined);
});

Deno.test("connectCheck: an answer counts for a second", () => {
  const wheel = new Wheel(0);
  const connectCheck = new ConnectCheck("http://127.0.0.1:9000", wheel);
  assertEquals(connectCheck.isAnswering, false);
  connectCheck.noteAnswer();
  wheel.turn(1_000);
  assertEquals(connectCheck.isAnswering, true);
  wheel.turn(1_050);
  assertEquals(connectCheck.isAnswering, false);
});
