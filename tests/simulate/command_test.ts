import { assert, assertEquals, assertMatch } from "@std/assert";
import { readCommandLine } from "../../lib/cli/command_line.ts";
import { PROGRAM } from "../../lib/cli/commands.ts";
import { POLICY_NAMES } from "../../lib/config/model.ts";
import { run } from "../support/started.ts";

/** Runs it with the permissions of `deno task simulate`. */
function simulate(args: readonly string[], input?: string) {
  const options = input === undefined ? {} : { input };
  return run(["simulate", ...args], { task: "simulate", ...options });
}

Deno.test("simulate: by default it runs round robin over four backends", async () => {
  const { status, stdout, stderr } = await simulate([]);
  assertEquals([status, stderr], [0, ""]);
  assertMatch(
    stdout,
    /^Simulated: 100000 requests over \d+\.\d s, 250 a second, 0% POST, from 1000/,
  );
  assertMatch(stdout, /\nround_robin( +\d+\.\d){5} +\d+\.\d\d%/);
  assertEquals(stdout.match(/[▁▂▃▄▅▆▇█]{40}\n/g)?.length, 4);
});

/** The result of two runs side by side, which must print the same bytes. */
async function simulateTwice(args: readonly string[]) {
  const [first, second] = await Promise.all([simulate(args), simulate(args)]);
  assertEquals(first, second);
  assertEquals([first.status, first.stderr], [0, ""]);
  return first.stdout;
}

Deno.test("simulate: --compare shows every policy, and two runs give the same bytes", async () => {
  const stdout = await simulateTwice(["--compare", "--requests", "5000"]);
  for (const name of POLICY_NAMES) assert(stdout.includes(name), name);
});

Deno.test("simulate: --json prints one JSON document with the results of each policy, and two runs give the same bytes", async () => {
  const stdout = await simulateTwice(["--json", "--compare", "--requests=2000"]);
  const { policies } = JSON.parse(stdout) as { policies: { policy: string; requests: number }[] };
  assertEquals(
    policies.map(({ policy, requests }) => [policy, requests]),
    POLICY_NAMES.map((name) => [name, 2000]),
  );
});

Deno.test("simulate: the scenario and its arrivals can be read from files", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/scenario.json`, '{"backends": ["5ms"], "seed": 7}');
  await Deno.writeTextFile(`${folder}/arrivals`, "0\n1\n2\n");
  const scenario = ["--scenario", `${folder}/scenario.json`];
  assertMatch(
    (await simulate([...scenario, "--requests", "99"])).stdout,
    /^Simulated: 99 requests .* to 1 backend; seed 7\n/,
  );
  const { stdout } = await simulate([...scenario, "--arrivals", `${folder}/arrivals`]);
  assertMatch(stdout, /^Simulated: 3 recorded requests over 2\.0 s, to 1 backend; seed 7\n/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("simulate: - is standard input, and only one file may be it", async () => {
  const { stdout } = await simulate(["--scenario", "-"], '{"backends": ["5ms"], "requests": 7}');
  assertMatch(stdout, /^Simulated: 7 requests .* to 1 backend; seed 1\n {2}a: 5ms\n/);
  const both = await simulate(["--scenario", "-", "--arrivals", "-"], "");
  assertEquals(both.status, 2);
  assertMatch(both.stderr, /--scenario and --arrivals must not both be standard input/);
});

Deno.test("simulate: the environment and .env are not read", async () => {
  const cwd = await Deno.makeTempDir();
  await Deno.writeTextFile(`${cwd}/.env`, "POLICY=p2c\nPORT=none");
  const args = ["simulate", "--requests", "100"];
  const options = { cwd, env: { POLICY: "random", EJECT_AFTER: "none" } };
  assertEquals(await run(args, options), await run(args));
  await Deno.remove(cwd, { recursive: true });
});

Deno.test("simulate: all problems are reported at once, with status 2", async () => {
  const args = ["--scenario", "/missing.json", "--rate", "fast", "--set", "EJECT_MAX=all"];
  const { status, stdout, stderr } = await simulate(args);
  assertEquals([status, stdout], [2, ""]);
  assertMatch(stderr, /^Cannot simulate as the scenario has 3 problems:\n {2}--scenario must be a/);
  assertMatch(stderr, /\n {2}rate must be .*"fast"\n {2}EJECT_MAX must be .*"all"\n$/);
});

for (
  const [args, wrong] of [
    [["--fast"], "--fast"],
    [["--name", "x"], "--name"],
    [["--rate"], "--rate"],
    [["--backends="], "--backends has no value"],
    [["--json=yes"], "--json"],
    [["now"], "now"],
    [["--rate=5", "--seed", "1", "--rate", "5"], "--rate must be given once"],
    [["--json", "--json"], "--json must be given once"],
  ] as const
) {
  Deno.test(`simulate: ${args.join(" ")} is refused in two lines, the second of which names its help`, () => {
    const asked = readCommandLine(["simulate", ...args], PROGRAM);
    const message = asked.kind === "wrong" ? asked.message : asked.kind;
    const [problem, help, ...more] = message.split("\n");
    assert(problem!.includes(wrong), problem);
    assertEquals([help, more], ["For help: roundabout simulate --help", []]);
  });
}

Deno.test("simulate: what is wrong with its flags goes to standard error, with status 2", async () => {
  const { status, stdout, stderr } = await simulate(["--fast"]);
  assertEquals([status, stdout], [2, ""]);
  assertMatch(stderr, /^Cannot understand .*"--fast".*\nFor help: roundabout simulate --help\n$/);
});

Deno.test("simulate: --help explains the flags, the backends and the settings", async () => {
  const { status, stdout } = await simulate(["--help"]);
  assertEquals(status, 0);
  for (const part of ["--compare", "lognormal(20ms,0.5)", "refuses=10s-40s/2s", "HASH_BALANCE"]) {
    assert(stdout.includes(part), part);
  }
});

for (const args of [["simulate", "--compare", "--json", "--requests=1000"], ["--help"]]) {
  Deno.test(`simulate: if the reader of ${args[0]} has gone, it ends quietly with status 0`, async () => {
    const shell = '{ "$0" "$@"; echo "status $?" >&2; } | true';
    const { stdout, stderr } = await run(args, { shell });
    assertEquals([stdout, stderr], ["", "status 0\n"]);
  });

  Deno.test(`simulate: if the output of ${args[0]} cannot be written, it says why, with status 1`, async () => {
    const { status, stderr } = await run(args, { shell: 'exec "$0" "$@" > /dev/full' });
    assertEquals(status, 1);
    assertMatch(stderr, /^Cannot write to standard output as no space left on device\n$/);
  });
}

Deno.test("simulate: recorded requests may be longer than one read", async () => {
  // 10,000 lines are several times what a pipe holds, and most reads end within a line.
  const lines = Array.from(
    { length: 10_000 },
    (_, i) => JSON.stringify({ time: new Date(i * 10).toISOString() }),
  ).join("\n");
  const { stdout } = await simulate(["--arrivals", "-", "--backends", "5ms"], `\uFEFF${lines}`);
  assertMatch(stdout, /^Simulated: 10000 recorded requests over 100\.0 s, to 1 backend/);
});
