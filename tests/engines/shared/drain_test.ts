import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { runFor, untilQuiet, waitUntil } from "../../../lib/engines/shared/drain.ts";

Deno.test("drain: it waits until the condition holds", async () => {
  let asked = 0;
  await waitUntil(() => ++asked === 3, Infinity);
  assertEquals(asked, 3);
});

Deno.test("drain: a condition that holds already costs no wait", async () => {
  let waited = true;
  await Promise.all([waitUntil(() => true, Infinity).then(() => waited = false), null]);
  assertEquals(waited, false);
});

Deno.test("drain: it gives up once time is up", async () => {
  const deadline = performance.now() + 30;
  await waitUntil(() => false, deadline);
  assert(performance.now() >= deadline);
});

Deno.test("drain: time in which the process is held up hardly counts", async () => {
  const waiting = runFor(60, Infinity);
  const until = performance.now() + 80;
  while (performance.now() < until); // holds up everything
  await waiting;
  const after = performance.now() - until;
  assert(after >= 19, `${after} ms after it`); // at most 40 of the 60 ms had passed
});

Deno.test("drain: after a wait, what has arrived gets several turns of the event loop to be noticed", async () => {
  let [turns, done] = [0, false];
  const waiting = runFor(0, Infinity).then(() => done = true);
  while (!done) await delay(0).then(() => turns++);
  await waiting;
  assert(turns >= 10, `${turns} turns`);
});

Deno.test("drain: a wait ends at its deadline", async () => {
  const deadline = performance.now() + 30;
  await runFor(10_000, deadline);
  assert(performance.now() >= deadline);
});

Deno.test("drain: as long as something arrives, it is not quiet", async () => {
  let arrived = 0;
  const timer = setInterval(() => ++arrived === 20 && clearInterval(timer), 0);
  await untilQuiet(() => arrived, 10, Infinity);
  assertEquals(arrived, 20);
});

Deno.test("drain: it does not wait for quiet longer than until its deadline", async () => {
  let arrived = 0;
  await untilQuiet(() => ++arrived, 0, performance.now() + 30);
  assert(arrived > 2);
});
