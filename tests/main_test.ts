import { assertEquals, assertMatch } from "@std/assert";
import manifest from "../deno.json" with { type: "json" };
import { permissionsOf } from "./support/program.ts";
import { deadPort } from "./support/dead_port.ts";
import { ScriptedBackend } from "./support/scripted_backend.ts";
import { backendsAnswer, run, started } from "./support/started.ts";

const ROOT = new URL("../", import.meta.url).pathname;

Deno.test("main: without backends the error says what is missing and mentions the demo, status 2", async () => {
  const { status, stderr } = await run(["start"]);
  assertEquals(status, 2);
  assertMatch(stderr, /^Cannot start as USERS_SERVICE must list at least one backend/);
  assertMatch(stderr, /deno task demo/);
});

Deno.test("main: if a required setting is missing, a variable that looks like it is named first", async () => {
  const { status, stderr } = await run(["start"], { env: { USER_SERVICE: "http://a" } });
  assertEquals(status, 2);
  assertMatch(
    stderr,
    / warn USER_SERVICE in the environment is no setting, did you mean USERS_SERVICE\?\nCannot start /,
  );
});

Deno.test("main: all wrong settings are reported at once, and nothing starts", async () => {
  const env = { USERS_SERVICE: "http://a:6000;ftp://b", PORT: "http", DRAIN_TIMEOUT: "soon" };
  const { status, stdout, stderr } = await run(["start"], { env });
  assertEquals([status, stdout], [2, ""]);
  assertMatch(stderr, /^Cannot start as the settings have 4 problems:\n/);
  assertMatch(stderr, /PORT must be 1 to 65535: current value is "http"/);
});

Deno.test("main: .env of the working directory applies to settings that the environment lacks", async () => {
  const cwd = await Deno.makeTempDir();
  await Deno.writeTextFile(
    `${cwd}/.env`,
    "USERS_SERVICE='http://from-file:1234'\nPORT=6001\nHOST=::1",
  );
  const { status, stdout } = await run(["check"], { cwd, env: { PORT: "6002" } });
  assertEquals(status, 0);
  assertMatch(stdout, /^USERS_SERVICE=http:\/\/from-file:1234\nPORT=6002\nHOST=::1\n/);
  await Deno.remove(cwd, { recursive: true });
});

Deno.test("main: a line of .env that sets no setting is an error, reported with those of the settings", async () => {
  const cwd = await Deno.makeTempDir();
  await Deno.writeTextFile(`${cwd}/.env`, "\uFEFFPORT=http\nEJECT_TIM=5s\n");
  for (const command of ["start", "healthcheck"]) {
    const { status, stdout, stderr } = await run([command], { cwd });
    assertEquals([status, stdout], [2, ""]);
    assertMatch(
      stderr,
      /line 2 of \.env sets EJECT_TIM, which is no setting, did you mean EJECT_TIME\?/,
    );
    assertMatch(stderr, /PORT must be 1 to 65535: current value is "http"/);
  }
  await Deno.remove(cwd, { recursive: true });
});

Deno.test("main: start and check warn of settings without effect and of variables that look like settings", async () => {
  await using backend = new ScriptedBackend("a");
  const env = { HASH_ON: "path", USER_SERVICE: "secret" };
  const { program } = await started(backend.url, env);
  await using _program = program;
  const { status, stderr } = await run(["check"], { env: { ...env, USERS_SERVICE: backend.url } });
  assertEquals(status, 0);
  for (const text of [stderr, program.stderr]) {
    assertMatch(text, / warn HASH_ON has no effect without POLICY=consistent_hash\n/);
    assertMatch(
      text,
      / warn USER_SERVICE in the environment is no setting, did you mean USERS_SERVICE\?\n/,
    );
    assertEquals(text.includes("secret"), false);
  }
});

Deno.test("main: for a wrong command line two lines say what is wrong and where help is, status 2", async () => {
  const { status, stdout, stderr } = await run(["strat"]); // tests/cli/command_line_test.ts has more
  assertEquals([status, stdout], [2, ""]);
  assertMatch(
    stderr,
    /^Cannot understand the command line: .+"strat".+\nFor help: roundabout --help\n$/,
  );
});

Deno.test("main: version and help answer on standard output, status 0", async () => {
  const stdout = `roundabout ${manifest.version}\n`;
  assertEquals(await run(["version"]), { status: 0, stdout, stderr: "" });
  const help = await run(["help", "backend"]);
  assertEquals([help.status, help.stderr], [0, ""]);
  assertMatch(help.stdout, /Usage: roundabout backend/);
});

Deno.test("main: if the port is in use, it ends with status 1 and the reason", async () => {
  await using backend = new ScriptedBackend("a");
  await using taken = new ScriptedBackend("b");
  const env = {
    USERS_SERVICE: backend.url,
    HOST: "127.0.0.1",
    PORT: String(taken.port),
    ADMIN_PORT: "off",
  };
  const { status, stderr } = await run(["start"], { env });
  assertEquals(status, 1);
  assertMatch(
    stderr,
    /^Cannot listen on 127\.0\.0\.1:\d+ for requests as the address is in use: set another port/,
  );
});

Deno.test("main: an access log that cannot be written is reported once, and serving goes on", async () => {
  await using backend = new ScriptedBackend("a");
  const port = deadPort();
  const program = `exec "$0" "$@" > /dev/full`;
  const args = [
    Deno.execPath(),
    "run",
    "-A",
    "--no-check",
    `--config=${ROOT}deno.json`,
    `${ROOT}main.ts`,
  ];
  const command = new Deno.Command("sh", {
    args: ["-c", program, ...args],
    env: {
      USERS_SERVICE: backend.url,
      HOST: "127.0.0.1",
      PORT: String(port),
      ADMIN_PORT: "off",
    },
    stderr: "piped",
    stdout: "null",
    stdin: "null",
  });
  await using process = command.spawn();
  await backendsAnswer(`http://127.0.0.1:${port}`);
  for (let i = 0; i < 3; i++) {
    assertEquals(await (await fetch(`http://127.0.0.1:${port}`)).text(), "a");
  }
  process.kill("SIGTERM");
  const { code, stderr } = await process.output();
  const reports = new TextDecoder().decode(stderr).match(/access log lines are lost/g) ?? [];
  assertEquals([code, reports.length], [0, 1]);
});

Deno.test("main: HTTP_PROXY is not used for requests to backends", async () => {
  await using proxy = new ScriptedBackend("proxy");
  await using backend = new ScriptedBackend("direct");
  const env = { HTTP_PROXY: proxy.url, http_proxy: proxy.url };
  const { program, url } = await started(backend.url, env);
  await using _program = program;
  assertEquals(await (await fetch(url)).text(), "direct");
  assertEquals(proxy.connections, 0);
});

for (const task of ["start", "demo", "compile"] as const) {
  Deno.test(`main: the task ${task} grants the network, reading files, the environment and two folders to write to, and nothing else`, () => {
    assertEquals(permissionsOf(task), [
      "--no-prompt",
      "--allow-net",
      "--allow-read",
      "--allow-env",
      "--allow-write=/run,/var/lib/roundabout",
      "--deny-import",
    ]);
  });
}

Deno.test("main: the environment's other variables appear in no output", async () => {
  await using backend = new ScriptedBackend("a", "close");
  const secret = "another program's password";
  const env = { OTHER_PASSWORD: secret };
  const { program, url } = await started(backend.url, env);
  await using _program = program;
  assertEquals((await (await fetch(url)).text()).includes(secret), false);
  program.kill("SIGTERM");
  assertEquals(await program.status(), 0);
  const checked = await run(["check"], { env: { ...env, USERS_SERVICE: "ftp://a" } });
  const output = program.stdout + program.stderr + checked.stdout + checked.stderr;
  assertMatch(output, /connection_terminated/);
  assertMatch(output, /must start with http:/);
  assertEquals(output.includes(secret), false);
});
