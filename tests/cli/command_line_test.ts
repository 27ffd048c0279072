import { assert, assertEquals } from "@std/assert";
import { type CommandLine, readCommandLine } from "../../lib/cli/command_line.ts";
import { COMMANDS, PROGRAM } from "../../lib/cli/commands.ts";
import { HELP } from "../../lib/cli/help.ts";

const read = (line: string): CommandLine =>
  readCommandLine(line === "" ? [] : line.split(" "), PROGRAM);

for (
  const [line, name, flags] of [
    ["", "start", {}],
    ["start", "start", {}],
    ["demo", "demo", {}],
    ["healthcheck --ready", "healthcheck", { ready: true }],
    ["backend --name users-1", "backend", { name: "users-1" }],
    ["backend --name=-", "backend", { name: "-" }],
    ["simulate --scenario - --compare", "simulate", { scenario: "-", compare: true }],
    ["simulate --set A=1 --set=B=2", "simulate", { set: ["A=1", "B=2"] }],
    ["drain users http://a", "drain", { pool: "users", backend: "http://a" }],
    ["drain --wait users --timeout 5s http://a", "drain", {
      wait: true,
      pool: "users",
      timeout: "5s",
      backend: "http://a",
    }],
    ["weight users -- --a 5", "weight", { pool: "users", backend: "--a", weight: "5" }],
  ] as const
) {
  Deno.test(`command line: "${line}" runs ${name} with ${JSON.stringify(flags)}`, () => {
    assertEquals(read(line), { kind: "run", name, flags });
  });
}

for (const line of ["help", "-h", "--help", "help --help", "help help", "help version"]) {
  Deno.test(`command line: "${line}" prints the help of all commands`, () => {
    assertEquals(read(line), { kind: "help", name: undefined });
  });
}

for (const [name, { load, flags }] of Object.entries(COMMANDS)) {
  Deno.test(`command line: ${name} has a help of its own, which all three ways print`, async () => {
    const { HELP: help } = await load();
    for (const line of [`help ${name}`, `${name} --help`, `${name} -h`]) {
      assertEquals(read(line), { kind: "help", name }, line);
    }
    assert(help.startsWith(`roundabout ${name}: `), help);
    assert(HELP.includes(`\n  ${name} `), HELP);
  });

  Deno.test(`command line: the help of ${name} has all of its flags`, async () => {
    const { HELP: help } = await load();
    for (const flag of Object.keys(flags ?? {})) {
      assert(help.includes(`\n  --${flag} `), flag);
    }
  });
}

for (const line of ["version", "-v", "--version", "start --version", "demo -v"]) {
  Deno.test(`command line: "${line}" prints the version`, () => {
    assertEquals(read(line), { kind: "version" });
  });
}

for (
  const [line, problem, help] of [
    ["strat", 'there is no command "strat", did you mean start?', "roundabout --help"],
    ["sim", 'there is no command "sim", did you mean simulate?', "roundabout --help"],
    ["serve", 'there is no command "serve"', "roundabout --help"],
    ["constructor", 'there is no command "constructor"', "roundabout --help"],
    ["help chek", 'there is no command "chek", did you mean check?', "roundabout --help"],
    ["help demo now", 'help takes one command: "now" is too much', "roundabout --help"],
    ["version now", 'version takes no "now"', "roundabout --help"],
    ["start now", 'start takes no "now"', "roundabout start --help"],
    ["--verbose", 'there is no flag "--verbose"', "roundabout --help"],
    ["--vresion", 'there is no flag "--vresion", did you mean --version?', "roundabout --help"],
    ["-x", 'there is no flag "-x"', "roundabout --help"],
    ["demo -name", 'demo has no flag "-n"', "roundabout demo --help"],
    [
      "simulate --sead 7",
      'simulate has no flag "--sead", did you mean --seed?',
      "roundabout simulate --help",
    ],
    ["check --ready", 'check has no flag "--ready"', "roundabout check --help"],
    ["check --no-color", 'check has no flag "--no-color"', "roundabout check --help"],
    [
      "start --port 80",
      'start has no flag "--port": PORT is a setting, a variable of the environment or of .env',
      "roundabout start --help",
    ],
    [
      "--drain-timeout=5s",
      'there is no flag "--drain-timeout": DRAIN_TIMEOUT is a setting, a variable of the environment or of .env',
      "roundabout --help",
    ],
    ["backend --name", "--name has no value", "roundabout backend --help"],
    ["backend --name=", "--name has no value", "roundabout backend --help"],
    ["simulate --seed --json", "--seed has no value", "roundabout simulate --help"],
    ["simulate --json=yes", "--json takes no value", "roundabout simulate --help"],
    ["simulate --seed 1 --seed 2", "--seed must be given once", "roundabout simulate --help"],
    ["simulate --json --json", "--json must be given once", "roundabout simulate --help"],
    ["backend -- --name", 'backend takes no "--name"', "roundabout backend --help"],
    ["drain", "drain needs POOL and BACKEND: POOL is missing", "roundabout drain --help"],
    ["drain users", "drain needs POOL and BACKEND: BACKEND is missing", "roundabout drain --help"],
    ["drain users ", "drain needs POOL and BACKEND: BACKEND is missing", "roundabout drain --help"],
    [
      "weight users http://a",
      "weight needs POOL, BACKEND and WEIGHT: WEIGHT is missing",
      "roundabout weight --help",
    ],
    [
      "ready users http://a now",
      'ready takes POOL and BACKEND: "now" is too much',
      "roundabout ready --help",
    ],
    [
      "drain users http://a wait",
      'drain takes POOL and BACKEND: "wait" is too much, did you mean --wait?',
      "roundabout drain --help",
    ],
    [
      "drain users http://a wiat",
      'drain takes POOL and BACKEND: "wiat" is too much, did you mean --wait?',
      "roundabout drain --help",
    ],
    ["weight users http://a -5", 'weight has no flag "-5"', "roundabout weight --help"],
    ["status users", 'status takes no "users"', "roundabout status --help"],
    ["drian users", 'there is no command "drian", did you mean drain?', "roundabout --help"],
  ] as const
) {
  Deno.test(`command line: for "${line}" there are two lines: what is wrong, and where help is`, () => {
    const message = `Cannot understand the command line: ${problem}\nFor help: ${help}`;
    assertEquals(read(line), { kind: "wrong", message });
  });
}
