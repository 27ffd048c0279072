/** `check --diff` as a process: which file a balancer compares, and what is said of another one. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { sampleStatus, startTestAdmin } from "../support/admin_port.ts";
import { Program } from "../support/program.ts";
import { deadPort } from "../support/dead_port.ts";
import { run } from "../support/started.ts";

const folder = await Deno.realPath(await Deno.makeTempDir());
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const POOLS = '"pools": { "users": { "backends": ["http://a"] } }';

/** A stand-in for a balancer that runs with this file; its reload would change one thing. */
function runningWith(file: string | null) {
  const api = startTestAdmin();
  const { configuration } = sampleStatus();
  api.control.current = sampleStatus({ configuration: { ...configuration, file } });
  api.control.onReload = () => ({
    kind: "applied",
    number: 5,
    changes: ["pool users: + http://b"],
  });
  return api;
}

/** Writes a configuration that names an admin port. */
async function write(name: string, port: number, more = POOLS): Promise<void> {
  await Deno.writeTextFile(`${folder}/${name}`, `{ "admin": { "port": ${port} }, ${more} }`);
}

const diff = (args: readonly string[], env: Record<string, string> = {}) =>
  run(["check", "--diff", ...args], { cwd: folder, env });

Deno.test("check --diff: the balancer's own file is compared, whatever path names it", async () => {
  using api = runningWith(`${folder}/own.jsonc`);
  await write("own.jsonc", api.port);
  await Deno.symlink(`${folder}/own.jsonc`, `${folder}/link.jsonc`);
  const compared = { status: 0, stdout: "configuration 5\npool users: + http://b\n", stderr: "" };
  assertEquals(await diff(["--config", "own.jsonc"]), compared);
  assertEquals(await diff(["--config", `${folder}/link.jsonc`]), compared);
  assertEquals(await diff([], { CONFIG: "./own.jsonc" }), compared);
  assertEquals(api.control.asked, ["preview", "preview", "preview"]);
});

Deno.test("check --diff: another file is refused, and the error names the one that the balancer runs with", async () => {
  using api = runningWith(`${folder}/mine.jsonc`);
  await write("mine.jsonc", api.port);
  await write("draft.jsonc", api.port);
  const refused = (by: string) => ({
    status: 2,
    stdout: "",
    stderr:
      `Cannot compare the configuration as ${by} must name the file that the balancer on 127.0.0.1:${api.port} runs with, "${folder}/mine.jsonc": current value is "draft.jsonc"\n`,
  });
  assertEquals(await diff(["--config", "draft.jsonc"]), refused("--config"));
  assertEquals(await diff(["--config", "draft.jsonc", "--admin", api.url]), refused("--config"));
  assertEquals(await diff([], { CONFIG: "draft.jsonc" }), refused("CONFIG"));
  assertEquals(api.control.asked, []);
});

Deno.test("check --diff: no file of this machine is that of a balancer without one, or with one elsewhere", async () => {
  using without = runningWith(null);
  await write("lone.jsonc", without.port);
  const lone = await diff(["--config", "lone.jsonc"]);
  assertEquals([lone.status, lone.stderr], [
    2,
    `Cannot compare the configuration as --config must not be set as the balancer on 127.0.0.1:${without.port} runs without a file: current value is "lone.jsonc"\n`,
  ]);
  using elsewhere = runningWith("/nowhere/edge.jsonc");
  const { status, stderr } = await diff(["--config", "lone.jsonc", "--admin", elsewhere.url]);
  assertEquals(status, 2);
  assertStringIncludes(stderr, `runs with, "/nowhere/edge.jsonc": current value is "lone.jsonc"\n`);
});

Deno.test("check --diff: without a named file nothing is checked here, and the balancer says what would change", async () => {
  using api = runningWith("/nowhere/edge.jsonc");
  const stdout = "configuration 5\npool users: + http://b\n";
  assertEquals(await diff([], { ADMIN_PORT: String(api.port) }), { status: 0, stdout, stderr: "" });
  assertEquals((await diff(["--admin", api.url], { CONFIG: "none.jsonc" })).stdout, stdout);
  api.control.onReload = () => ({ kind: "refused", problems: ["edge.jsonc:1:1: error: wrong"] });
  assertEquals(await diff(["--admin", api.url]), {
    status: 2,
    stdout: "",
    stderr: "Cannot reload as the configuration has 1 problem:\n  edge.jsonc:1:1: error: wrong\n",
  });
});

Deno.test("check --diff: what is wrong with the named file is found before the balancer is asked", async () => {
  using api = runningWith(`${folder}/bad.jsonc`);
  await write("bad.jsonc", api.port, `${POOLS}, "limitz": {}`);
  const { status, stderr } = await diff(["--config", "bad.jsonc"]);
  assertEquals(status, 2);
  assertStringIncludes(stderr, "limitz is no setting");
  assertEquals(api.control.asked, []);
});

for (
  const [args, expected] of [
    [
      ["--diff", "--print"],
      "Cannot compare the configuration as --print has no effect with --diff",
    ],
    [["--admin", "http://a:1"], "Cannot ask the balancer as --admin has no effect without --diff"],
  ] as const
) {
  Deno.test(`check ${args.join(" ")}: a flag without an effect is refused`, async () => {
    const { status, stderr } = await run(["check", ...args], { cwd: folder });
    assertEquals([status, stderr], [2, `${expected}\n`]);
  });
}

Deno.test("check --diff: a balancer that was started with a relative path tells the full one", async () => {
  const port = deadPort();
  const listeners = `"listeners": { "http": { "host": "127.0.0.1", "port": ${deadPort()} } }`;
  await write("real.jsonc", port, `"watch": false, ${listeners}, ${POOLS}`);
  await using balancer = new Program(["start", "--config", "./real.jsonc"], { cwd: folder });
  await balancer.shows(/listening on /);
  const config = ["check", "--diff", "--config", `${folder}/real.jsonc`];
  assertEquals((await run(config, { cwd: "/" })).stdout, "configuration 1: nothing has changed\n");
  await write("real.jsonc", port, `"watch": false, ${listeners}, ${POOLS.replace("//a", "//b")}`);
  const { status, stdout } = await run(config, { cwd: "/" });
  assertEquals(status, 0);
  assertMatch(stdout, /^configuration 2\npool users: \+ http:\/\/b, - http:\/\/a\n$/);
  await write("other.jsonc", port);
  assertStringIncludes(
    (await diff(["--config", "other.jsonc"])).stderr,
    `"${folder}/real.jsonc": current value is "other.jsonc"\n`,
  );
});
