import { assertEquals, assertMatch } from "@std/assert";
import { POLICY_NAMES } from "../../lib/config/model.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { run, started } from "../support/started.ts";

async function ask(url: string, cookie?: string) {
  const response = await fetch(url, { headers: cookie === undefined ? {} : { cookie } });
  return { by: await response.text(), set: response.headers.get("set-cookie") };
}

for (const secret of ["", "a secret for the tests"]) {
  Deno.test(`main: sticky sessions survive a restart, ${secret === "" ? "without" : "with"} a secret`, async () => {
    await using a = new ScriptedBackend("a");
    await using b = new ScriptedBackend("b");
    const env = { STICKY_COOKIE: "lb", STICKY_SECRET: secret };
    const cookies: string[] = [];
    {
      const { program, url } = await started(`${a.url};${b.url}`, env);
      await using _ = program;
      for (const by of ["a", "b"]) {
        const first = await ask(url);
        assertEquals(first.by, by);
        cookies.push(first.set!.split(";")[0]!);
      }
    }
    const { program, url } = await started(`${b.url} weight=9;${a.url}`, env);
    await using _ = program;
    for (let i = 0; i < 4; i++) {
      assertEquals(await ask(url, cookies[0]), { by: "a", set: null });
      assertEquals(await ask(url, cookies[1]), { by: "b", set: null });
    }
  });
}

// How policies and engines work together is tested in tests/engines/policies_test.ts: here only that the
// settings reach the workers. So each policy needs one process, with one engine or the other.
for (const [index, policy] of POLICY_NAMES.entries()) {
  const engine = ["web", "tcp"][index % 2]!;
  Deno.test(`main: POLICY=${policy} serves with ENGINE=${engine}`, async () => {
    await using a = new ScriptedBackend("a");
    await using b = new ScriptedBackend("b");
    const env = { POLICY: policy, ENGINE: engine, HASH_ON: "path", HASH_BALANCE: "125%" };
    const { program, url } = await started(`${a.url};${b.url}`, env);
    await using _ = program;
    const by = [];
    for (let i = 0; i < 24; i++) by.push((await ask(`${url}/${i}`)).by);
    assertEquals([...new Set(by)].sort(), ["a", "b"]);
    assertMatch(program.stderr, new RegExp(`${engine} engine, ${policy} over`));
  });
}

Deno.test("main: check prints all settings of policies, and masks the secret", async () => {
  const env = {
    USERS_SERVICE: "http://a",
    POLICY: "consistent_hash",
    HASH_ON: "cookie:session",
    HASH_BALANCE: "150%",
    STICKY_COOKIE: "lb",
    STICKY_SECRET: "a secret for the tests",
  };
  const { status, stdout } = await run(["check"], { env });
  assertEquals(status, 0);
  assertMatch(
    stdout,
    /POLICY=consistent_hash\nHASH_ON=cookie:session\nHASH_BALANCE=150%\nSTICKY_COOKIE=lb\nSTICKY_SECRET=\*\*\*\n/,
  );
});
