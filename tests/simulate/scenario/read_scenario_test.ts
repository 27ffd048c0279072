import { assertEquals } from "@std/assert";
import { POLICY_NAMES } from "../../../lib/config/model.ts";
import { readScenario } from "../../../lib/simulate/scenario/read_scenario.ts";
import type { SimulateFlags } from "../../../lib/simulate/scenario/scenario.ts";
import { SIMULATED_SETTINGS } from "../../../lib/simulate/scenario/settings.ts";
import { createScenario, record } from "../../support/simulated.ts";

function findProblems(flags: SimulateFlags, scenario?: unknown): readonly string[] {
  const text = typeof scenario === "string" ? scenario : JSON.stringify(scenario);
  return readScenario({ flags, scenario: text }).problems;
}

const toFile = (scenario: unknown) => ({ scenario: JSON.stringify(scenario) });

Deno.test("scenario: by default one of four backends is five times slower", async () => {
  const { seed, traffic, backends, policies, config, settings } = await createScenario({});
  assertEquals(seed, 1);
  assertEquals(traffic, { rate: 250, requests: 100_000, posts: 0, clients: 1_000 });
  assertEquals(backends.map(({ text }) => text), [
    "lognormal(20ms,0.5) capacity=8",
    "lognormal(20ms,0.5) capacity=8",
    "lognormal(20ms,0.5) capacity=8",
    "lognormal(100ms,0.5) capacity=8",
  ]);
  assertEquals(policies, ["round_robin"]);
  assertEquals([config.pool.ejection.time, config.pool.health], [10_000, undefined]);
  assertEquals([Object.keys(settings), settings["EJECT_TIME"]], [SIMULATED_SETTINGS, "10s"]);
});

Deno.test("scenario: a file and flags mean the same", async () => {
  const file = {
    seed: 7,
    requests: 10,
    rate: 0.5,
    posts: "20%",
    clients: 3,
    backends: ["10ms", "20ms weight=2"],
    settings: { POLICY: "p2c", EJECT_AFTER: 3 },
  };
  const fromFile = await createScenario({}, toFile(file));
  const fromFlags = await createScenario({
    seed: "7",
    requests: "10",
    rate: "0.5",
    posts: "20%",
    clients: "3",
    backends: "10ms; 20ms weight=2",
    policy: "p2c",
    set: ["EJECT_AFTER=3"],
  });
  for (const name of ["seed", "traffic", "durationMs", "settings", "policies"] as const) {
    assertEquals(fromFile[name], fromFlags[name]);
  }
  assertEquals([...fromFile.arrivals], [...fromFlags.arrivals]);
  assertEquals(fromFile.backends.map(({ weight }) => weight), [1, 2]);
  assertEquals(fromFile.config.pool.ejection.after, 3);
});

Deno.test("scenario: flags override the file", async () => {
  const file = { rate: 5, requests: 9, settings: { POLICY: "p2c", SLOW_START: "off" } };
  const flags = { rate: "7", policy: "random" };
  const { traffic, policies, config } = await createScenario(flags, toFile(file));
  assertEquals([traffic?.rate, traffic?.requests], [7, 9]);
  assertEquals([policies, config.pool.slowStart], [["random"], 0]);
});

Deno.test("scenario: --compare runs every policy, whatever the file sets", async () => {
  const file = { settings: { POLICY: "p2c" } };
  const { policies } = await createScenario({ compare: true }, toFile(file));
  assertEquals(policies, POLICY_NAMES);
});

Deno.test("scenario: recorded requests replace generated ones", async () => {
  const { traffic, arrivals, durationMs } = await createScenario({ arrivals: "-" }, {
    arrivals: "1\n3\n",
  });
  assertEquals([traffic, arrivals.count, durationMs], [undefined, 2, 2_000]);
});

Deno.test("scenario: what recorded requests replace must not be set by flags or by the file", async () => {
  const { problems } = readScenario({
    flags: { arrivals: "-", rate: "400", clients: "5" },
    scenario: '{"requests": 9, "posts": "5%", "seed": 3}',
    arrivals: await record("1"),
  });
  const excluded = "must not be set with --arrivals, which brings the requests: current value is";
  assertEquals(problems, [
    `--rate ${excluded} "400"`,
    `--clients ${excluded} "5"`,
    `requests ${excluded} "9"`,
    `posts ${excluded} "5%"`,
  ]);
});

Deno.test("scenario: HASH_ON=path needs recorded requests with paths", async () => {
  const flags = { set: ["HASH_ON=path"] };
  const problem = 'HASH_ON must be address unless --arrivals brings paths: current value is "path"';
  assertEquals(findProblems(flags), [problem]);
  assertEquals(readScenario({ flags, arrivals: await record("1") }).problems, [problem]);
  const line = '{"time":"2025-01-01T00:00:00Z","path":"/a"}';
  assertEquals(readScenario({ flags, arrivals: await record(line) }).problems, []);
  // If the recording cannot be read, it is unknown whether it has paths.
  assertEquals(readScenario({ flags, arrivals: await record("x") }).problems.length, 1);
});

Deno.test("scenario: a byte order mark before the file is ignored", () => {
  assertEquals(findProblems({}, '\uFEFF{"seed": 3}'), []);
});

Deno.test("scenario: generated requests span at most 31 days", () => {
  assertEquals(findProblems({ rate: "0.001", requests: "5000" }), [
    "requests at this rate must span at most 31 days: current value is 58.5 days",
  ]);
});

const NAMES = "seed, backends, rate, requests, posts, clients and settings";
const unknown = (names: string, values: string) =>
  `${names} must not be set, as a simulation uses only ${
    SIMULATED_SETTINGS.join(", ")
  }: current ${values}`;

for (
  const [flags, problem] of [
    [{ rate: "0" }, 'rate must be 0.001 to 1000000 a second: current value is "0"'],
    [{ rate: "1e3" }, 'rate must be 0.001 to 1000000 a second: current value is "1e3"'],
    [{ requests: "0" }, 'requests must be 1 to 10000000: current value is "0"'],
    [{ posts: "5" }, 'posts must be 0% to 100%: current value is "5", did you mean 5%?'],
    [{ clients: "-1" }, 'clients must be 1 to 1000000: current value is "-1"'],
    [{ seed: "4294967296" }, 'seed must be 0 to 4294967295: current value is "4294967296"'],
    [{ policy: "best" }, `POLICY must be ${POLICY_NAMES.join(" or ")}: current value is "best"`],
    [{ set: ["EJECT_AFTER"] }, '--set must be NAME=VALUE: current value is "EJECT_AFTER"'],
    [{ set: ["EJECT_AFTER=x"] }, 'EJECT_AFTER must be 1 to 1000, or off: current value is "x"'],
    [{ set: ["PORT=5000"] }, unknown("PORT", 'value is "5000"')],
    [
      { set: ["EJECT_AFTR=3", "STICKY_SECRET=sesame"] },
      unknown("EJECT_AFTR, STICKY_SECRET", 'values are "3", ***'),
    ],
    [
      { set: ["HASH_ON=header:x-user"] },
      "HASH_ON must be address or path in a simulation, as its requests have no headers and no " +
      "cookies: " +
      'current value is "header:x-user"',
    ],
    [
      { set: ["HASH_ON=cookie:user"] },
      "HASH_ON must be address or path in a simulation, as its requests have no headers and no " +
      "cookies: " +
      'current value is "cookie:user"',
    ],
    [
      { set: ["HEALTH_STATUS=ok"] },
      "HEALTH_STATUS must be statuses of 200 to 599 such as 200-399: " +
      'current value is "ok"',
    ],
    [
      { set: ["SLOW_START=1s", "SLOW_START=2s"] },
      'SLOW_START must be set once on the command line: current values are "1s" and "2s"',
    ],
    [
      { policy: "p2c", set: ["POLICY=p2c"] },
      'POLICY must be set once on the command line: current values are "p2c" and "p2c"',
    ],
    [
      { policy: "p2c", compare: true },
      'POLICY must not be set with --compare, which runs every policy: current value is "p2c"',
    ],
  ] as const
) {
  Deno.test(`scenario: ${JSON.stringify(flags)} is refused`, () => {
    assertEquals(findProblems(flags), [problem]);
  });
}

for (
  const [file, problem] of [
    [[], "the scenario must be a JSON object: current value is []"],
    [{ rates: 5 }, `the scenario must not set rates, only ${NAMES}: current value is 5`],
    [{ policy: "p2c" }, `the scenario must not set policy, only ${NAMES}: current value is "p2c"`],
    [{ rate: null }, "rate must be a string or a number: current value is null"],
    [{ rate: -5 }, 'rate must be 0.001 to 1000000 a second: current value is "-5"'],
    [{ backends: [20] }, "backends must be a list of strings: current value is [20]"],
    [{ settings: 5 }, "settings must be a JSON object: current value is 5"],
    [
      { settings: { EJECT_AFTER: true } },
      "settings.EJECT_AFTER must be a string or a number: current value is true",
    ],
    [{ settings: { PORT: "1" } }, unknown("PORT", 'value is "1"')],
  ] as const
) {
  Deno.test(`scenario: a file with ${JSON.stringify(file)} is refused`, () => {
    assertEquals(findProblems({}, file), [problem]);
  });
}

Deno.test("scenario: a file that is not JSON is refused with its place", () => {
  const [problem = ""] = findProblems({}, "{rate: 5}");
  assertEquals(problem.startsWith("the scenario must be JSON: "), true, problem);
});

Deno.test("scenario: all problems are reported at once", async () => {
  const flags = { rate: "x", backends: "20;20ms weight=0", arrivals: "-", set: ["A", "B=1"] };
  const file = JSON.stringify({ other: 1, settings: { SLOW_START: "x" } });
  const { scenario, problems } = readScenario({
    flags,
    scenario: file,
    arrivals: await record("x"),
  });
  assertEquals(scenario, undefined);
  assertEquals(problems.map((problem) => problem.split(" ").slice(0, 3).join(" ")), [
    "the scenario must",
    "--rate must not",
    "line 1 of",
    "backends must have",
    "backends must have",
    "rate must be",
    "--set must be",
    "B must not",
    "SLOW_START must be",
  ]);
});
