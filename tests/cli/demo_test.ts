import { assert, assertEquals, assertMatch } from "@std/assert";
import { LEAVE_MS, SLOW_MS, startDemoBackend } from "../../lib/cli/demo_backend.ts";
import { serveDemoControl } from "../../lib/cli/demo_control.ts";
import { Program } from "../support/program.ts";
import { deadPort } from "../support/dead_port.ts";

const textOf = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init);
  return [response.status, await response.text()] as const;
};

Deno.test("main: in the demo a backend can be stopped and started again, each request is answered, and the log calls all by one name", async () => {
  await using program = new Program(["demo"], {
    env: { PORT: String(deadPort()), ADMIN_PORT: String(deadPort()), EJECT_AFTER: "1" },
  });
  const [, stop] = await program.shows(/curl -X POST (\S+\/users-2\/stop)\n/);
  const [, start] = await program.shows(/curl -X POST (\S+\/users-2\/start)\n/);
  const [, url] = await program.shows(/ {2}curl (http:\S+\/)\n/);
  const [, ready] = await program.shows(/ {2}curl (http:\S+\/readyz)\n/);
  assertEquals(await textOf(ready!), [200, "ready\n"]);
  const answers = async () => {
    const texts: string[] = [];
    for (let i = 0; i < 6; i++) texts.push((await textOf(url!))[1].trim());
    return texts;
  };
  const [a, b, c] = ["Hello from users-1", "Hello from users-2", "Hello from users-3"];
  assertEquals(await answers(), [a, b, c, a, b, c]);

  assertEquals(await textOf(stop!, { method: "POST" }), [200, "users-2 refuses connections\n"]);
  assertEquals(new Set(await answers()), new Set([a, c]));
  await program.shows(/GET \/ 200 \(users-2 connection_refused\) from users-[13] in/);
  await program.shows(
    / warn users-2 is ejected until it can be connected to, failures: 1: connection_refused\n/,
  );
  assertEquals(await textOf(start!, { method: "POST" }), [200, "users-2 answers at once\n"]);

  const [, address] = await program.shows(/users-2 +http:\/\/(\S+)/);
  assertEquals(await textOf(`http://${address}/`), [200, `${b}\n`]);
  assertEquals(program.stderr.includes(address!), false);
  program.kill("SIGINT");
  assertEquals(await program.status(), 0);
});

Deno.test("main: the demo's text names all settings that it was started with as they are", async () => {
  const env = { PORT: String(deadPort()), ADMIN_PORT: "off" };
  await using program = new Program(["demo"], { env });
  const [text] = await program.shows(/Roundabout balances[^]+Ctrl-C\n.*\n/);
  assert(text.includes(`curl http://localhost:${env.PORT}/\n`), text);
  assertEquals(text.includes("readyz"), false);
  program.kill("SIGTERM");
  assertEquals(await program.status(), 0);
});

function controlled() {
  const backend = startDemoBackend({ name: "users-1", hostname: "127.0.0.1", port: 0 });
  const control = serveDemoControl([backend], () => {});
  return {
    backend,
    url: `http://127.0.0.1:${control.addr.port}`,
    async [Symbol.asyncDispose]() {
      await Promise.all([backend.stop(), control.shutdown()]);
    },
  };
}

Deno.test("demo: what is told to a backend that does not exist, or by another method than POST, is explained", async () => {
  await using demo = controlled();
  const { url, backend } = demo;
  const post = { method: "POST" };
  const usage = "not found: use /NAME/VERB, with users-1, and stop or start or slow\n";
  for (const path of ["/", "/users-9/stop", "/users-1/halt", "/users-1/toString"]) {
    assertEquals(await textOf(url + path, post), [404, usage], path);
  }
  assertEquals(await textOf(`${url}/users-1/stop`), [
    405,
    `use POST: curl -X POST ${url}/users-1/stop\n`,
  ]);
  assertEquals(await textOf(`http://${backend.address}/`), [200, "Hello from users-1\n"]);
});

Deno.test("demo: a backend that is stopped or started twice stays as it is", async () => {
  await using demo = controlled();
  const tell = (verb: string) => textOf(`${demo.url}/users-1/${verb}`, { method: "POST" });
  await tell("start");
  assertEquals((await textOf(`http://${demo.backend.address}/`))[0], 200);
  await tell("stop");
  await tell("stop");
  await fetch(`http://${demo.backend.address}/`).then(() => assert(false), () => {});
});

Deno.test("demo: a slow backend takes its time for each response, its health check's too, until it is started", async () => {
  const waits: number[] = [];
  const wait = (milliseconds: number) => Promise.resolve(void waits.push(milliseconds));
  const backend = startDemoBackend({ name: "users-1", hostname: "127.0.0.1", port: 0, wait });
  const url = `http://${backend.address}/healthz`;
  backend.slow();
  assertEquals(await textOf(url), [200, "Hello from users-1\n"]);
  assertEquals(waits, [SLOW_MS]);
  backend.start();
  await textOf(url);
  assertEquals(waits, [SLOW_MS]);
  await backend.stop();
});

Deno.test("demo: a backend at an IPv6 address has brackets in its own", async () => {
  const backend = startDemoBackend({ name: "users-1", hostname: "::1", port: 0 });
  assertMatch(backend.address, /^\[::1\]:\d+$/);
  assertEquals(await textOf(`http://${backend.address}/`), [200, "Hello from users-1\n"]);
  await backend.stop();
});

Deno.test("demo backend: one that leaves says so at /healthz and by closing connections, and serves on for a while", async () => {
  const waited = Promise.withResolvers<number>();
  const release = Promise.withResolvers<void>();
  const wait = (milliseconds: number) => {
    waited.resolve(milliseconds);
    return release.promise;
  };
  const backend = startDemoBackend({ name: "users-1", hostname: "127.0.0.1", port: 0, wait });
  const origin = `http://${backend.address}`;
  assertEquals((await textOf(`${origin}/healthz`))[0], 200);
  const leaving = backend.leave();
  assertEquals(await waited.promise, LEAVE_MS);
  assertEquals(await textOf(`${origin}/healthz`), [503, "users-1 leaves\n"]);
  const response = await fetch(origin);
  assertEquals([response.status, response.headers.get("connection")], [200, "close"]);
  await response.body?.cancel();
  release.resolve();
  await leaving;
  assertEquals(await fetch(origin).then(() => "answered", () => "refused"), "refused");
});
