import { assertEquals, assertMatch } from "@std/assert";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { run, started } from "../support/started.ts";

async function ask(url: string, cookie?: string) {
  const response = await fetch(url, { headers: cookie === undefined ? {} : { cookie } });
  return { by: await response.text(), set: response.headers.get("set-cookie") };
}

// tests/runtime/data_plane_test.ts has what settings mean to a worker: here is what needs a process.

Deno.test("main: sticky sessions survive a restart without a secret", async () => {
  await using a = new ScriptedBackend("a");
  await using b = new ScriptedBackend("b");
  const env = { STICKY_COOKIE: "lb" };
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

Deno.test("main: POLICY, ENGINE and the settings of a policy reach the workers", async () => {
  await using a = new ScriptedBackend("a");
  await using b = new ScriptedBackend("b");
  const env = { POLICY: "consistent_hash", ENGINE: "tcp", HASH_ON: "path" };
  const { program, url } = await started(`${a.url};${b.url}`, env);
  await using _ = program;
  const by: string[] = [];
  for (let i = 0; i < 24; i++) by.push((await ask(`${url}/${i}`)).by);
  assertEquals(new Set(by), new Set(["a", "b"]));
  for (let i = 0; i < 24; i++) assertEquals((await ask(`${url}/${i}`)).by, by[i]);
  assertMatch(program.stderr, /tcp engine, consistent_hash over/);
});

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
