/** What settings mean to a worker: it is started in this isolate, not in a process. */
import { assertEquals } from "@std/assert";
import { parseVariables } from "../../lib/config/load.ts";
import { POLICY_NAMES } from "../../lib/config/model.ts";
import type { VariableTexts } from "../../lib/config/source/environment.ts";
import type { Notice } from "../../lib/runtime/messages.ts";
import { WORKER } from "../../lib/shared_memory/layout.ts";
import { ENGINE_NAMES } from "../support/each_engine.ts";
import { firstRevision, startOnlyWorker } from "../support/revision.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { pause } from "../support/timing.ts";

async function start(settings: VariableTexts) {
  const { configuration } = parseVariables({
    HOST: "127.0.0.1",
    ACCESS_LOG: "off",
    ...settings,
  });
  const { revision, process } = firstRevision(configuration);
  const notices: Notice[] = [];
  const dataPlane = await startOnlyWorker({ revision, process }, (notice) => notices.push(notice));
  return {
    url: `http://127.0.0.1:${dataPlane.addresses[0]!.port}`,
    process,
    notices,
    async [Symbol.asyncDispose]() {
      await dataPlane.drain(5_000, 0);
      assertEquals(notices.filter(({ kind }) => kind !== "awake"), []);
    },
  };
}

async function ask(url: string, cookie?: string) {
  const response = await fetch(url, { headers: cookie === undefined ? {} : { cookie } });
  return { by: await response.text(), set: response.headers.get("set-cookie") };
}

for (const ENGINE of ENGINE_NAMES) {
  Deno.test(`data plane: with ENGINE=${ENGINE} it sleeps if nothing is due, and the first request wakes it and the supervisor`, async () => {
    await using a = new ScriptedBackend("a");
    await using dataPlane = await start({ USERS_SERVICE: a.url, ENGINE });
    const { awake } = dataPlane.process.record(WORKER, 1);
    while (awake.value === 1) await pause(10);
    assertEquals(dataPlane.notices, []);
    await ask(dataPlane.url);
    assertEquals([awake.value, dataPlane.notices], [1, [{ kind: "awake" }]]);
  });

  for (const POLICY of POLICY_NAMES) {
    Deno.test(`data plane: POLICY=${POLICY} serves with ENGINE=${ENGINE}`, async () => {
      await using a = new ScriptedBackend("a");
      await using b = new ScriptedBackend("b");
      const USERS_SERVICE = `${a.url};${b.url}`;
      const settings = { USERS_SERVICE, POLICY, ENGINE, HASH_ON: "path", HASH_BALANCE: "125%" };
      await using dataPlane = await start(settings);
      const by: string[] = [];
      for (let i = 0; i < 24; i++) by.push((await ask(`${dataPlane.url}/${i}`)).by);
      assertEquals(new Set(by), new Set(["a", "b"]));
      assertEquals(by.join("") === "ab".repeat(12), POLICY === "round_robin");
      if (POLICY !== "consistent_hash") return;
      for (let i = 0; i < 24; i++) assertEquals((await ask(`${dataPlane.url}/${i}`)).by, by[i]);
    });
  }

  Deno.test(`data plane: with ENGINE=${ENGINE} and STICKY_SECRET, cookies stay good after a restart with the same secret only`, async () => {
    await using a = new ScriptedBackend("a");
    await using b = new ScriptedBackend("b");
    const settings = { ENGINE, STICKY_COOKIE: "lb", STICKY_SECRET: "a secret for the tests" };
    const cookies: string[] = [];
    {
      await using before = await start({ ...settings, USERS_SERVICE: `${a.url};${b.url}` });
      for (const by of ["a", "b"]) {
        const first = await ask(before.url);
        assertEquals(first.by, by);
        cookies.push(first.set!.split(";")[0]!);
      }
    }
    const USERS_SERVICE = `${b.url} weight=9;${a.url}`;
    {
      await using after = await start({ ...settings, USERS_SERVICE });
      for (let i = 0; i < 4; i++) {
        assertEquals(await ask(after.url, cookies[0]), { by: "a", set: null });
        assertEquals(await ask(after.url, cookies[1]), { by: "b", set: null });
      }
    }
    await using other = await start({
      ...settings,
      USERS_SERVICE,
      STICKY_SECRET: "another secret, as long",
    });
    assertEquals((await ask(other.url, cookies[0])).set?.startsWith("lb="), true);
  });
}
