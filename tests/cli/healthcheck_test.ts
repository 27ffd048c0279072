import { assert, assertEquals, assertMatch } from "@std/assert";
import { startTestAdmin } from "../support/admin_port.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { Dialogue } from "../support/raw_client.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { backendsAnswer, run, started } from "../support/started.ts";

Deno.test("main: with ADMIN_PORT=off healthcheck passes if a balancer serves, and fails if none does", async () => {
  await using backend = new ScriptedBackend("a");
  const { program, url } = await started(backend.url);
  await using _program = program;
  const dead = `http://127.0.0.1:${deadPort()}`;
  const env = {
    HOST: "127.0.0.1",
    PORT: new URL(url).port,
    ADMIN_PORT: "off",
    HTTP_PROXY: dead,
    http_proxy: dead,
  };
  assertEquals((await run(["healthcheck"], { env })).status, 0);
  assertEquals(backend.connections, 0);
  const PORT = String(deadPort());
  const failed = await run(["healthcheck"], { env: { ...env, PORT } });
  assertEquals(failed.status, 1);
  assert(failed.stderr.endsWith(` error not healthy: nothing answers on 127.0.0.1:${PORT}\n`));

  const ready = await run(["healthcheck", "--ready"], { env });
  assertEquals(ready.status, 2);
  assertMatch(ready.stderr, /^Cannot check readiness as the admin port must be on for --ready/);
});

Deno.test("main: a balancer without a usable backend is alive and not ready, as healthcheck says", async () => {
  const backend = new ScriptedBackend("a");
  const ADMIN_PORT = String(deadPort());
  const { program, url } = await started(backend.url, { ADMIN_PORT, EJECT_AFTER: "1" });
  await using _program = program;
  const check = (...flags: string[]) => run(["healthcheck", ...flags], { env: { ADMIN_PORT } });
  assertEquals((await check("--ready")).status, 0);
  assertEquals(backend.connections, 0);

  await backend[Symbol.asyncDispose]();
  await (await fetch(url)).body?.cancel();
  assertEquals(await check(), { status: 0, stdout: "", stderr: "" });
  const { status, stderr } = await check("--ready");
  assertEquals(status, 1);
  assertMatch(stderr, /not ready: 127\.0\.0\.1:\d+ answered 503: not ready: no backend is usable/);
  await program.shows(/is ejected until it can be connected to, failures: 1: connection_refused\n/);
  await program.shows(/no backend is usable: requests go to all of them until one is/);
});

Deno.test("main: while the file is wrong, half written or gone, healthcheck passes as long as the balancer runs", async () => {
  using api = startTestAdmin();
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/edge.jsonc`;
    const check = (env: Record<string, string> = {}) =>
      run(["healthcheck"], { env: { CONFIG: path, ...env } });
    const well = { status: 0, stdout: "", stderr: "" };
    await Deno.writeTextFile(
      path,
      `{ "admin": { "port": ${api.port} }, "limitz": {}, "pools": 5 }`,
    );
    assertEquals(await check(), well);
    await Deno.writeTextFile(path, `{ "admin": `);
    const ADMIN_PORT = String(api.port);
    assertEquals(await check({ ADMIN_PORT }), well);
    await Deno.remove(path);
    assertEquals(await check({ ADMIN_PORT }), well);
    const { status, stderr } = await check({ ADMIN_PORT: String(deadPort()) });
    assertEquals(status, 2);
    assertMatch(stderr, /^Cannot start as CONFIG must name a readable file/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("main: whatever else answers on the admin port is neither alive nor ready, as healthcheck says", async () => {
  for (const head of ["404 Not Found", "403 Forbidden", "302 Found\r\nLocation: /elsewhere"]) {
    await using other = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      const answer = side.received.startsWith("GET /elsewhere") ? "200 OK" : head;
      await side.send(`HTTP/1.1 ${answer}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok`);
    });
    const { port } = new URL(other.url);
    for (const [flags, state] of [[[], "not healthy"], [["--ready"], "not ready"]] as const) {
      const { status, stderr } = await run(["healthcheck", ...flags], {
        env: { ADMIN_PORT: port },
      });
      assertEquals(status, 1, head);
      const number = head.slice(0, 3);
      assert(
        stderr.endsWith(` error ${state}: 127.0.0.1:${port} answered ${number}: ok\n`),
        stderr,
      );
    }
  }
});

for (const engine of ["web", "tcp"]) {
  Deno.test(`main: ${engine} engine: SIGTERM ends readiness first, and each response says that its connection closes`, async () => {
    const answer = Promise.withResolvers<void>();
    await using backend = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      if (side.received.startsWith("GET /slow")) await answer.promise;
      await side.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    });
    const ADMIN_PORT = String(deadPort());
    const { program, url } = await started(backend.url, { ADMIN_PORT, ENGINE: engine });
    await using _program = program;
    const admin = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${ADMIN_PORT}${path}`);
      return [response.status, await response.text()];
    };
    using idle = await Dialogue.open(Number(new URL(url).port));
    await idle.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    assertEquals((await idle.response()).field("connection"), undefined);
    using slow = await Dialogue.open(Number(new URL(url).port));
    await slow.send("GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n");
    while (backend.connections < 2) await backendsAnswer(`http://127.0.0.1:${ADMIN_PORT}/livez`);
    assertEquals(await admin("/readyz"), [200, "ready\n"]);

    program.kill("SIGTERM");
    await program.shows(/SIGTERM: not ready any more/);
    assertEquals(await admin("/readyz"), [503, "not ready: draining\n"]);
    assertEquals(await admin("/livez"), [200, "alive\n"]);
    // A request that was sent before its client learned of the stop is served.
    await idle.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    const last = await idle.response();
    assertEquals([last.status, last.field("connection")], [200, "close"]);
    answer.resolve();
    const response = await slow.response();
    assertEquals([response.status, response.field("connection")], [200, "close"]);
    assertEquals(await program.status(), 0);
  });
}

Deno.test("main: if the admin port is in use, the error names its setting, status 1", async () => {
  await using taken = new ScriptedBackend("a");
  const env = {
    USERS_SERVICE: "http://127.0.0.1:9000",
    HOST: "127.0.0.1",
    PORT: String(deadPort()),
    ADMIN_PORT: String(taken.port),
  };
  const { status, stderr } = await run(["start"], { env });
  assertEquals(status, 1);
  assertMatch(
    stderr,
    /Cannot listen on 127\.0\.0\.1:\d+ for the admin port as .*: set another port/,
  );
});
