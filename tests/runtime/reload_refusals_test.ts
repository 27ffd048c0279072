/** Reloads that are refused whole: the configuration before goes on. */
import { assertEquals, assertMatch } from "@std/assert";
import { answersOf, ask, Reloadable, users } from "../support/reloadable.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

Deno.test("reload: a bad file is refused with the errors of check, and the next good one is taken", async () => {
  await using a = new ScriptedBackend("a");
  await using b = new ScriptedBackend("b");
  await using balancer = new Reloadable();
  await balancer.start(users(a));
  balancer.write({ ...users(b), limitz: {} });
  const { status, json } = await balancer.admin("POST", "/api/reload");
  assertEquals(status, 422);
  const { problems } = json as { problems: string[] };
  assertEquals(problems.length, 1);
  assertMatch(problems[0]!, /balancer\.jsonc:\d+:\d+: error: limitz is no setting/);
  await balancer.program.shows(
    /error Cannot reload by the admin port: configuration 1 stays, problems: 1/,
  );
  await balancer.program.shows(/error .*limitz is no setting/);
  assertEquals(await answersOf(balancer), new Set(["a"]));
  balancer.write(users(b));
  const next = await balancer.admin("POST", "/api/reload");
  assertEquals([next.status, (next.json as { number: number }).number], [200, 2]);
  assertEquals(await answersOf(balancer), new Set(["b"]));
});

for (
  const [what, broken, expected] of [
    ["is half written", '{ "pools": { "users": { "backends": ["http://a:5', /balancer\.jsonc:1:/],
    ["is empty", "", /balancer\.jsonc/],
    ["has a test that fails", {
      routes: [{ name: "all", respond: { status: 200 } }],
      pools: { users: { backends: ["http://127.0.0.1:81"] } },
      tests: [{ request: "GET http://a/", expect: { route: "other" } }],
    }, /must be "other"/],
    [
      "changes the engine",
      { engine: "web", pools: { users: { backends: ["http://a:81"] } } },
      /engine/,
    ],
    ["changes the number of workers", {
      workers: 3,
      pools: { users: { backends: ["http://a:81"] } },
    }, /workers/],
    [
      "changes the admin port",
      { admin: "off", pools: { users: { backends: ["http://a:81"] } } },
      /admin/,
    ],
  ] as const
) {
  Deno.test(`reload: a file that ${what} is refused whole`, async () => {
    await using a = new ScriptedBackend("a");
    await using balancer = new Reloadable();
    await balancer.start(users(a));
    balancer.write(broken);
    const { status, json } = await balancer.admin("POST", "/api/reload");
    const { problems } = json as { problems: string[] };
    assertEquals(status, 422);
    assertMatch(problems.join("\n"), expected);
    assertEquals(await ask(balancer.url), "a");
  });
}

Deno.test("reload: a file that is gone, a directory or a loop of links is refused, and the balancer goes on", async () => {
  await using a = new ScriptedBackend("a");
  await using balancer = new Reloadable();
  await balancer.start(users(a));
  const other = `${balancer.path}.other`;
  for (
    const [spoil, expected] of [
      [() => Deno.removeSync(balancer.path), /readable file/],
      [() => Deno.mkdirSync(balancer.path), /directory/],
      [() => {
        Deno.removeSync(balancer.path);
        Deno.symlinkSync(other, balancer.path);
        Deno.symlinkSync(balancer.path, other);
      }, /readable file/],
    ] as const
  ) {
    spoil();
    const { status, json } = await balancer.admin("POST", "/api/reload");
    assertEquals(status, 422);
    assertMatch((json as { problems: string[] }).problems.join(), expected);
  }
  assertEquals(await ask(balancer.url), "a");
  await Deno.remove(balancer.path);
  balancer.write({ ...users(a), timeouts: { drain: "5s" } });
  assertEquals((await balancer.admin("POST", "/api/reload")).status, 200);
});

Deno.test("reload: an address that is taken refuses the whole reload, and the next one takes it when it is free", async () => {
  await using a = new ScriptedBackend("a");
  await using b = new ScriptedBackend("b");
  await using balancer = new Reloadable();
  await balancer.start(users(a));
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const file = {
    ...users(b),
    listeners: {
      http: { host: "127.0.0.1", port: balancer.port },
      more: { host: "127.0.0.1", port },
    },
  };
  balancer.write(file);
  const { status, json } = await balancer.admin("POST", "/api/reload");
  assertEquals(status, 422);
  assertMatch(JSON.stringify(json), /the address is in use/);
  assertEquals(await answersOf(balancer), new Set(["a"]));
  taken.close();
  assertEquals((await balancer.admin("POST", "/api/reload")).status, 200);
  assertEquals(await ask(`http://127.0.0.1:${port}`), "b");
  balancer.write(users(b));
  assertEquals((await balancer.admin("POST", "/api/reload")).status, 200);
  let refused = false;
  while (!refused) {
    refused = await Deno.connect({ hostname: "127.0.0.1", port }).then(
      (connection) => (connection.close(), false),
      (error) => error instanceof Deno.errors.ConnectionRefused,
    );
  }
});
