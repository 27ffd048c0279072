import { assertEquals } from "@std/assert";
import { POLICY_NAMES } from "../../../lib/config/model.ts";
import { readScenario, type SimulateFlags } from "../../../lib/simulate/scenario/scenario.ts";
import { SIMULATED_SETTINGS } from "../../../lib/simulate/scenario/settings.ts";
import { recordingOf, scenarioOf } from "../../support/simulated.ts";

function problemsOf(flags: SimulateFlags, scenario?: unknown): readonly string[] {
  const text = typeof scenario === "string" ? scenario : JSON.stringify(scenario);
  return readScenario({ flags, scenario: text }).problems;
}

const fileOf = (scenario: unknown) => ({ scenario: JSON.stringify(scenario) });

Deno.test("scenario: by default one of four backends is five times slower", () => {
  const { seed, traffic, backends, policies, config, settings } = scenarioOf({});
  assertEquals(seed, 1);
  assertEquals(traffic, { rate: 250, requests: 100_000, posts: 0, clients: 1_000 });
  assertEquals(backends.map(({ text }) => text), [
    "lognormal(20ms,0.5) capacity=8",
    "lognormal(20ms,0.5) capacity=8",
    "lognormal(20ms,0.5) capacity=8",
    "lognormal(100ms,0.5) capacity=8",
  ]);
  assertEquals(policies, ["round_robin"]);
  assertEquals([config.EJECT_TIME, config.HEALTH_PATH], [10_000, undefined]);
  assertEquals([Object.keys(settings), settings["EJECT_TIME"]], [SIMULATED_SETTINGS, "10s"]);
});

Deno.test("scenario: a file says the same as flags do", () => {
  const file = {
    seed: 7,
    requests: 10,
    rate: 0.5,
    posts: "20%",
    clients: 3,
    backends: ["10ms", "20ms weight=2"],
    settings: { POLICY: "p2c", EJECT_AFTER: 3 },
  };
  const fromFile = scenarioOf({}, fileOf(file));
  const fromFlags = scenarioOf({
    seed: "7",
    requests: "10",
    rate: "0.5",
    posts: "20%",
    clients: "3",
    backends: "10ms; 20ms weight=2",
    policy: "p2c",
    set: ["EJECT_AFTER=3"],
  });
  for (const name of ["seed", "traffic", "length", "settings", "policies"] as const) {
    assertEquals(fromFile[name], fromFlags[name]);
  }
  assertEquals([...fromFile.arrivals], [...fromFlags.arrivals]);
  assertEquals(fromFile.backends.map(({ weight }) => weight), [1, 2]);
  assertEquals(fromFile.config.EJECT_AFTER, 3);
});

Deno.test("scenario: flags win over the file", () => {
  const file = { rate: 5, requests: 9, settings: { POLICY: "p2c", SLOW_START: "off" } };
  const flags = { rate: "7", policy: "random" };
  const { traffic, policies, config } = scenarioOf(flags, fileOf(file));
  assertEquals([traffic?.rate, traffic?.requests], [7, 9]);
  assertEquals([policies, config.SLOW_START], [["random"], 0]);
});

Deno.test("scenario: --compare runs every policy, whatever the file says", () => {
  const file = { settings: { POLICY: "p2c" } };
  assertEquals(scenarioOf({ compare: true }, fileOf(file)).policies, POLICY_NAMES);
});

Deno.test("scenario: recorded requests take the place of generated ones", () => {
  const { traffic, arrivals, length } = scenarioOf({ arrivals: "-" }, { arrivals: "1\n3\n" });
  assertEquals([traffic, arrivals.count, length], [undefined, 2, 2_000]);
});

Deno.test("scenario: what recorded requests replace must not be said, neither here nor there", () => {
  const { problems } = readScenario({
    flags: { arrivals: "-", rate: "400", clients: "5" },
    scenario: '{"requests": 9, "posts": "5%", "seed": 3}',
    arrivals: recordingOf("1"),
  });
  const noPart = "has no part where --arrivals says what comes: current value is";
  assertEquals(problems, [
    `--rate ${noPart} "400"`,
    `--clients ${noPart} "5"`,
    `requests ${noPart} "9"`,
    `posts ${noPart} "5%"`,
  ]);
});

Deno.test("scenario: paths are hashed where requests have some, and nowhere else", () => {
  const flags = { set: ["HASH_ON=path"] };
  const problem = "HASH_ON must be address but where --arrivals brings paths: current value is " +
    '"path"';
  assertEquals(problemsOf(flags), [problem]);
  assertEquals(readScenario({ flags, arrivals: recordingOf("1") }).problems, [problem]);
  const line = '{"time":"2025-01-01T00:00:00Z","path":"/a"}';
  assertEquals(readScenario({ flags, arrivals: recordingOf(line) }).problems, []);
  // What is wrong with the file is enough to say.
  assertEquals(readScenario({ flags, arrivals: recordingOf("x") }).problems.length, 1);
});

Deno.test("scenario: a byte order mark before the file is no part of it", () => {
  assertEquals(problemsOf({}, '\uFEFF{"seed": 3}'), []);
});

Deno.test("scenario: generated requests come over a month at most", () => {
  assertEquals(problemsOf({ rate: "0.001", requests: "5000" }), [
    "rate and requests must come to 31 days at most: current value is 58.8 days",
  ]);
});

const NAMES = "seed, backends, rate, requests, posts, clients and settings";
const noPart = (names: string, have: string, values: string) =>
  `${names} ${have} no part in a simulation, only ${
    SIMULATED_SETTINGS.join(", ")
  } have: current ${values}`;

for (
  const [flags, problem] of [
    [{ rate: "0" }, 'rate must be 0.001 to 1000000 a second: current value is "0"'],
    [{ rate: "1e3" }, 'rate must be 0.001 to 1000000 a second: current value is "1e3"'],
    [{ requests: "0" }, 'requests must be 1 to 10000000: current value is "0"'],
    [{ posts: "5" }, 'posts must be 0% to 100%: current value is "5"'],
    [{ clients: "-1" }, 'clients must be 1 to 1000000: current value is "-1"'],
    [{ seed: "4294967296" }, 'seed must be 0 to 4294967295: current value is "4294967296"'],
    [{ policy: "best" }, `POLICY must be ${POLICY_NAMES.join(" or ")}: current value is "best"`],
    [{ set: ["EJECT_AFTER"] }, '--set must be NAME=VALUE: current value is "EJECT_AFTER"'],
    [{ set: ["EJECT_AFTER=x"] }, 'EJECT_AFTER must be 1 to 1000, or off: current value is "x"'],
    [{ set: ["PORT=5000"] }, noPart("PORT", "has", 'value is "5000"')],
    [
      { set: ["EJECT_AFTR=3", "STICKY_SECRET=sesame"] },
      noPart("EJECT_AFTR, STICKY_SECRET", "have", 'values are "3", ***'),
    ],
    [
      { set: ["HASH_ON=header:x-user"] },
      "HASH_ON must be address or path here, as simulated requests have no headers and no cookies: " +
      'current value is "header:x-user"',
    ],
    [
      { set: ["HASH_ON=cookie:user"] },
      "HASH_ON must be address or path here, as simulated requests have no headers and no cookies: " +
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
      'POLICY has no part where --compare runs every policy: current value is "p2c"',
    ],
  ] as const
) {
  Deno.test(`scenario: ${JSON.stringify(flags)} is told as wrong`, () => {
    assertEquals(problemsOf(flags), [problem]);
  });
}

for (
  const [file, problem] of [
    [[], "the scenario must be a JSON object: current value is []"],
    [{ rates: 5 }, `the scenario must have no rates, but ${NAMES}: current value is 5`],
    [{ policy: "p2c" }, `the scenario must have no policy, but ${NAMES}: current value is "p2c"`],
    [{ rate: null }, "rate must be a text or a number: current value is null"],
    [{ rate: -5 }, 'rate must be 0.001 to 1000000 a second: current value is "-5"'],
    [{ backends: [20] }, "backends must be a list of texts: current value is [20]"],
    [{ settings: 5 }, "settings must be a JSON object: current value is 5"],
    [
      { settings: { EJECT_AFTER: true } },
      "settings.EJECT_AFTER must be a text or a number: current value is true",
    ],
    [{ settings: { PORT: "1" } }, noPart("PORT", "has", 'value is "1"')],
  ] as const
) {
  Deno.test(`scenario: a file with ${JSON.stringify(file)} is told as wrong`, () => {
    assertEquals(problemsOf({}, file), [problem]);
  });
}

Deno.test("scenario: a file that is no JSON is told, and where", () => {
  const [problem = ""] = problemsOf({}, "{rate: 5}");
  assertEquals(problem.startsWith("the scenario must be JSON: "), true, problem);
});

Deno.test("scenario: everything that is wrong is told at once", () => {
  const flags = { rate: "x", backends: "20;20ms weight=0", arrivals: "-", set: ["A", "B=1"] };
  const file = JSON.stringify({ other: 1, settings: { SLOW_START: "x" } });
  const { scenario, problems } = readScenario({
    flags,
    scenario: file,
    arrivals: recordingOf("x"),
  });
  assertEquals(scenario, undefined);
  assertEquals(problems.map((problem) => problem.split(" ").slice(0, 3).join(" ")), [
    "the scenario must",
    "--rate has no",
    "arrivals must have",
    "backends must have",
    "backends must have",
    "rate must be",
    "--set must be",
    "B has no",
    "SLOW_START must be",
  ]);
});
