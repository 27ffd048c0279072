import { assert, assertEquals, assertMatch } from "@std/assert";
import { Program } from "../support/program.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { backendsAnswer, started } from "../support/started.ts";
import { pause } from "../support/timing.ts";

/** A backend that answers all requests at once, when it is told to. */
function patientBackend() {
  const answer = Promise.withResolvers<void>();
  const received = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    received.resolve();
    await answer.promise;
    return new Response("finished");
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    received: received.promise,
    answer: answer.resolve,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const answerOf = (url: string) => fetch(url).then((response) => response.text(), () => "cut off");

Deno.test("main: the debugger that Deno opens on SIGUSR1 is closed at once, and requests are served", async () => {
  await using backend = new ScriptedBackend("a");
  // `deno task` shows what Deno says; a test that runs beside this one may have the port.
  const env = { USERS_SERVICE: backend.url, HOST: "127.0.0.1", PORT: String(deadPort()) };
  await using program = new Program(["start"], {
    asTask: true,
    env: { ...env, ADMIN_PORT: "off" },
  });
  const url = `http://127.0.0.1:${env.PORT}`;
  await backendsAnswer(url);
  for (let tries = 0; !/Debugger listening on .*:9229/.test(program.stderr); tries++) {
    assert(tries < 50, program.stderr);
    await program.killGroup("SIGUSR1"); // Deno heeds it only some time after the start
    await pause(100);
  }
  await program.shows(/SIGUSR1 is ignored: .*; the debugger .* is closed at once/);
  const connect = () => Deno.connect({ hostname: "127.0.0.1", port: 9229 });
  const isOpen = () => connect().then((socket) => (socket.close(), true), () => false);
  for (let tries = 0; await isOpen(); tries++) {
    assert(tries < 250, "the debugger is still open");
    await pause(20);
  }
  assertEquals(await (await fetch(url)).text(), "a");
});

for (const [first, second] of [["SIGTERM", "SIGTERM"], ["SIGQUIT", "SIGTERM"]] as const) {
  Deno.test(`main: ${first}, also if ${second} comes at once, lets the request in flight finish, status 0`, async () => {
    await using backend = patientBackend();
    const { program, url } = await started(backend.url);
    await using _program = program;
    for (const signal of ["SIGUSR1", "SIGUSR2"] as const) {
      program.kill(signal);
      await program.shows(new RegExp(`${signal} is ignored: there is no log file to reopen`));
    }
    const answer = answerOf(url);
    await backend.received;
    program.kill(first);
    await program.shows(/finishing what is in flight/);
    program.kill(second); // sooner than a second after the first
    backend.answer();
    assertEquals(await answer, "finished");
    assertEquals(await program.status(), 0);
    assertMatch(program.stdout, /GET \/ 200 127\.0\.0\.1:\d+ [\d.]+ ms 8 B [\w-]+\n$/);
  });
}

Deno.test("main: a second Ctrl-C ends it at once, from the moment on when the log says so", async () => {
  await using backend = new ScriptedBackend("a", "stall");
  const { program, url } = await started(backend.url);
  await using _program = program;
  const answer = answerOf(url);
  await backend.until(() => backend.requests.length === 1);
  program.kill("SIGINT");
  await program.shows(/press Ctrl-C again to stop at once/);
  program.kill("SIGINT");
  assertEquals(await program.status(), 1);
  assertEquals(await answer, "cut off");
  assertMatch(program.stderr, /SIGINT again: stopping at once/);
});

Deno.test("main: under deno task, a Ctrl-C that the whole process group gets lets the request in flight finish, status 0", async () => {
  await using backend = patientBackend();
  const env = {
    USERS_SERVICE: backend.url,
    HOST: "127.0.0.1",
    PORT: String(deadPort()),
    ADMIN_PORT: "off",
  };
  await using program = new Program(["start"], { asTask: true, env });
  const [, address] = await program.shows(/listening on (127\.0\.0\.1:\d+)/);
  const answer = answerOf(`http://${address}`);
  await backend.received;
  await program.killGroup("SIGINT");
  await program.shows(/finishing what is in flight/);
  backend.answer();
  assertEquals(await answer, "finished");
  assertEquals(await program.status(), 0);
});

Deno.test("main: a SIGTERM as soon as a first worker serves drains what it has, status 0", async () => {
  await using backend = new ScriptedBackend("a");
  const port = String(deadPort());
  const env = { USERS_SERVICE: backend.url, HOST: "127.0.0.1", PORT: port, ADMIN_PORT: "off" };
  await using program = new Program(["start"], { env: { ...env, WORKERS: "2" } });
  await backendsAnswer(`http://127.0.0.1:${port}`);
  program.kill("SIGTERM");
  assertEquals(await program.status(), 0);
  assertMatch(program.stderr, /SIGTERM: not ready any more.*\n.* info stopped\n$/);
});

Deno.test("main: /readyz says that it is starting until it logs that it listens", async () => {
  await using backend = new ScriptedBackend("a");
  const [PORT, ADMIN_PORT] = [String(deadPort()), String(deadPort())];
  const env = { USERS_SERVICE: backend.url, HOST: "127.0.0.1", PORT, ADMIN_PORT, WORKERS: "2" };
  await using program = new Program(["start"], { env });
  const livez = `http://127.0.0.1:${ADMIN_PORT}/livez`;
  await backendsAnswer(livez);
  const answers = new Set<string>();
  while (!answers.has("ready\n")) {
    answers.add(await (await fetch(livez.replace("livez", "readyz"))).text());
  }
  assertEquals([...answers], ["not ready: starting\n", "ready\n"]);
  await program.shows(/listening on/);
});

Deno.test("main: a demo backend names itself and stops cleanly", async () => {
  const port = deadPort();
  const env = { HOST: "127.0.0.1", PORT: String(port) };
  await using program = new Program(["backend", "--name", "users-9"], { env });
  await program.shows(/users-9 listens on 127\.0\.0\.1:\d+/);
  const response = await fetch(`http://127.0.0.1:${port}/any`);
  assertEquals(await response.text(), "Hello from users-9\n");
  program.kill("SIGTERM");
  assertEquals(await program.status(), 0);
});

Deno.test("main: a host and a port are written with brackets around an IPv6 address", async () => {
  await using backend = new ScriptedBackend("a");
  const [PORT, ADMIN_PORT] = [String(deadPort()), String(deadPort())];
  const env = { HOST: "::", ADMIN_HOST: "::1", PORT, ADMIN_PORT };
  const { program } = await listening(backend.url, env);
  await using _program = program;
  assertMatch(
    program.stderr,
    new RegExp(`listening on \\[::\\]:${PORT}, admin on \\[::1\\]:${ADMIN_PORT},`),
  );
  const again = await listening(backend.url, env).catch((error) => String(error));
  assert(
    String(again).includes(
      `Cannot listen on [::1]:${ADMIN_PORT} for the admin port as the address is in use`,
    ),
  );
});

async function listening(url: string, env: Record<string, string>) {
  const program = new Program(["start"], { env: { USERS_SERVICE: url, ...env } });
  await program.shows(/listening on/);
  return { program };
}
