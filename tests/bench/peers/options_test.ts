import { assertEquals, assertThrows } from "@std/assert";
import { defaultCores, isShared, parseCores } from "./core_plan.ts";
import { readOptions, UsageError } from "./options.ts";

Deno.test("without flags all workloads and numbers of workers are measured", () => {
  const options = readOptions([], [0, 1]);
  if (options === "help") throw new Error("expected options, not help");
  assertEquals(options.workloads, ["small", "64k", "post", "tls"]);
  assertEquals(options.rates, [2_000, 10_000]);
  assertEquals(options.workers, [1, 2]);
  assertEquals(options.cores, { one: [0], many: [0, 1], load: [1] });
});

Deno.test("flags set what is measured, how often and on which cores", () => {
  const args =
    "--rounds 3 --seconds 1 --only tcp,haproxy --workloads post,small --rates 500,1000,500 --latency-seconds 4 --workers 4 " +
    "--proxy-cores 1 --proxy-cores-many 1-2 --load-cores 3 --measure latency --json out.json --docs page.md";
  assertEquals(readOptions(args.split(" "), [0, 1, 2, 3]), {
    rounds: 3,
    seconds: 1,
    latencySeconds: 4,
    warmup: 3,
    connections: 64,
    rates: [500, 1_000],
    only: ["tcp", "haproxy"],
    workloads: ["small", "post"],
    measures: ["latency"],
    workers: [4],
    cores: { one: [1], many: [1, 2], load: [3] },
    json: "out.json",
    docs: "page.md",
  });
  assertEquals(readOptions(["--help"], [0]), "help");
});

for (
  const [args, message] of [
    [
      "--rounds 0",
      "Cannot use --rounds as it must be a whole number, 1 or more: current value is 0",
    ],
    [
      "--workers 1,x",
      "Cannot use --workers as it must be a whole number, 1 or more: current value is x",
    ],
    [
      "--rates=",
      "Cannot use --rates as it must be a whole number, 1 or more: current value is empty",
    ],
    ["--measure speed", 'Cannot use --measure as there is no "speed"'],
    ["--load-cores 0-9", "Cannot use --load-cores as it must be a list of the cores 0,1"],
    ["--round 3", "Cannot understand the command line: Unknown option '--round'"],
    ["tcp", "Cannot understand the command line: Unexpected argument 'tcp'"],
  ] as const
) {
  Deno.test(`${args} is rejected`, () => {
    assertThrows(() => readOptions(args.split(" "), [0, 1]), UsageError, message);
  });
}

Deno.test("lists of cores are parsed in the format of taskset", () => {
  assertEquals(parseCores("0-2,5"), [0, 1, 2, 5]);
  assertEquals(parseCores("2-1"), []);
  for (const text of ["", "a", "1,", "-1", "1-"]) assertEquals(parseCores(text), []);
});

Deno.test("proxies and load run on separate cores if there are enough", () => {
  const eight = defaultCores([0, 1, 2, 3, 4, 5, 6, 7]);
  assertEquals(eight, { one: [0], many: [0, 1, 2, 3], load: [4, 5, 6, 7] });
  assertEquals(isShared(eight, eight.many), false);
  const two = defaultCores([2, 3]);
  assertEquals(two, { one: [2], many: [2, 3], load: [3] });
  assertEquals([isShared(two, two.one), isShared(two, two.many)], [false, true]);
  assertEquals(defaultCores([0]), { one: [0], many: [0], load: [0] });
});
