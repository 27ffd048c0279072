import { assertEquals } from "@std/assert";
import { startClock } from "../../../lib/time/clock.ts";
import { Reachability } from "../../../lib/engines/web/connect_check.ts";
import { DeafPort } from "../../support/deaf_port.ts";
import { deadPort, ScriptedBackend } from "../../support/scripted_backend.ts";
import { Wheel } from "../../../lib/time/timer_wheel.ts";

Deno.test("reachability: a backend that takes connections is there, and one question serves all who ask", async () => {
  using clock = startClock();
  await using backend = new ScriptedBackend("a");
  const reachability = new Reachability(backend.url, clock.wheel);
  const answers = await Promise.all([1, 2, 3].map(() => reachability.ask(1_000)));
  assertEquals(answers, [undefined, undefined, undefined]);
  assertEquals(await reachability.ask(1_000), undefined);
  await backend.until(() => backend.connections === 1 && backend.openConnections === 0);
});

Deno.test("reachability: one that refuses is not, at once", async () => {
  using clock = startClock();
  const reachability = new Reachability(`http://127.0.0.1:${deadPort()}`, clock.wheel);
  assertEquals((await reachability.ask(1_000))?.failure, "connection_refused");
});

Deno.test("reachability: one that answers no SYN is not, after the timeout", async () => {
  using clock = startClock();
  using deaf = await DeafPort.open();
  const reachability = new Reachability(deaf.url, clock.wheel);
  assertEquals((await reachability.ask(100))?.failure, "connection_timeout");
});

Deno.test("reachability: one that answers no SYN, and answers requests meanwhile, is there", async () => {
  using clock = startClock();
  using deaf = await DeafPort.open();
  const reachability = new Reachability(deaf.url, clock.wheel);
  const asking = reachability.ask(300);
  await new Promise((resolve) => setTimeout(resolve, 150));
  reachability.answers();
  assertEquals(await asking, undefined);
});

Deno.test("reachability: an answer counts for a second", () => {
  const wheel = new Wheel(0);
  const reachability = new Reachability("http://127.0.0.1:9000", wheel);
  assertEquals(reachability.isAnswering, false);
  reachability.answers();
  wheel.turn(1_000);
  assertEquals(reachability.isAnswering, true);
  wheel.turn(1_050);
  assertEquals(reachability.isAnswering, false);
});
