import { assertEquals } from "@std/assert";
import { readBackendSpecs } from "../../../lib/simulate/scenario/backend_spec.ts";
import { unwrap } from "../../support/simulated.ts";

const read = (text: string) => unwrap(readBackendSpecs(text));

Deno.test("backend spec: a latency is enough, and default names are letters", () => {
  const backends = read("20ms; uniform(5ms, 15ms);");
  const common = { weight: 1, capacity: Infinity, periods: [] };
  assertEquals(backends.map((backend) => ({ ...backend, latency: backend.latency(0.5) })), [
    { text: "20ms", name: "a", latency: 20, ...common },
    { text: "uniform(5ms, 15ms)", name: "b", latency: 10, ...common },
  ]);
});

Deno.test("backend spec: options come in any order, and a failure may be given more than once", () => {
  const text = "20ms refuses=1s-2s name=users-1 capacity=8 refuses=5s-6s weight=100";
  const backend = read(text)[0]!;
  assertEquals([backend.name, backend.weight, backend.capacity], ["users-1", 100, 8]);
  assertEquals(backend.periods.map(({ fault, from }) => [fault, from]), [
    ["refuses", 1_000],
    ["refuses", 5_000],
  ]);
});

Deno.test("backend spec: after 26 letters, default names have numbers", () => {
  const names = read(Array(28).fill("20ms").join(";")).map(({ name }) => name);
  assertEquals(names.slice(24), ["y", "z", "n26", "n27"]);
});

const OPTIONS =
  "must have only the options name, weight, capacity, refuses, swallows, breaks, hangs, " +
  "errors, slow";

for (
  const [text, expected] of [
    ["20ms weight=0", "must have a weight of 1 to 100"],
    ["20ms weight=101", "must have a weight of 1 to 100"],
    ["20ms capacity=0", "must have a capacity of 1 to 10000"],
    ["20ms capacity=many", "must have a capacity of 1 to 10000"],
    ["20ms name=a/b", "must have a name of 1 to 32 letters, digits, dots, dashes and underscores"],
    ["20ms weight=1 weight=2", "must have only one weight="],
    ["20ms fails=1s-2s", OPTIONS],
    ["20ms 30ms", OPTIONS],
    ["20ms constructor=1", OPTIONS],
    ["20ms hangs=2s-1s", "must have a period after hangs= that ends later than it begins"],
  ] as const
) {
  Deno.test(`backend spec: "${text}" is refused`, () => {
    assertEquals(readBackendSpecs(text), [{ expected, shown: text }]);
  });
}

Deno.test("backend spec: all problems are reported at once, each with its entry", () => {
  assertEquals(readBackendSpecs("20ms hot=1;20ms weight=0 capacity=0;20ms name=b;20ms name=b"), [
    { expected: OPTIONS, shown: "20ms hot=1" },
    { expected: "must have a weight of 1 to 100", shown: "20ms weight=0 capacity=0" },
    { expected: "must have a capacity of 1 to 10000", shown: "20ms weight=0 capacity=0" },
    { expected: "must not have two backends named b", shown: "20ms name=b" },
  ]);
});

Deno.test("backend spec: default names are never names that were given", () => {
  const names = read("20ms;20ms;20ms name=a;20ms;20ms name=c").map(({ name }) => name);
  assertEquals(names, ["b", "d", "a", "e", "c"]);
});
