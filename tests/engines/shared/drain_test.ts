import { assert, assertEquals } from "@std/assert";
import { waitUntil } from "../../../lib/engines/shared/drain.ts";

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
