import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readBackendSpecs } from "../../../lib/simulate/scenario/backend_spec.ts";
import { SimulatedBackend } from "../../../lib/simulate/run/simulated_backend.ts";
import { unwrap } from "../../support/simulated.ts";

function createBackend(text: string): SimulatedBackend {
  return new SimulatedBackend(unwrap(readBackendSpecs(text))[0]!);
}

/** The replies to requests that arrive at these times, each as `answers 20`. */
function receive(backend: SimulatedBackend, times: readonly number[]): string[] {
  return times.map((now) => {
    const { kind, at } = backend.receive(now, 0.5);
    return `${kind} ${at}`;
  });
}

Deno.test("simulated backend: without a capacity it works on any number at a time", () => {
  assertEquals(receive(createBackend("20ms"), [0, 0, 0, 5]), [
    "answers 20",
    "answers 20",
    "answers 20",
    "answers 25",
  ]);
});

Deno.test("simulated backend: requests over its capacity wait, first come, first served", () => {
  assertEquals(receive(createBackend("20ms capacity=2"), [0, 5, 6, 7, 30, 100]), [
    "answers 20",
    "answers 25",
    "answers 40",
    "answers 45",
    "answers 60",
    "answers 120",
  ]);
});

Deno.test("simulated backend: it never works on more than its capacity, and is never idle while requests wait", () => {
  const gaps = fc.array(fc.tuple(fc.nat(30), fc.double({ min: 0.01, max: 0.99, noNaN: true })));
  fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), gaps, (capacity, gaps) => {
    const backend = createBackend(`exponential(40ms) capacity=${capacity}`);
    const freeAt = Array<number>(capacity).fill(0);
    let now = 0;
    for (const [gap, quantile] of gaps) {
      now += gap;
      const first = freeAt.indexOf(Math.min(...freeAt));
      freeAt[first] = Math.max(now, freeAt[first]!) - 40 * Math.log1p(-quantile);
      assertEquals(backend.receive(now, quantile), { kind: "answers", at: freeAt[first] });
    }
  }));
});

for (
  const [fault, reply] of [
    ["refuses", "refuses 1000.1"],
    ["breaks", "breaks off 1000.1"],
    ["errors", "errors 1000.1"],
    ["hangs", "hangs Infinity"],
    ["swallows", "swallows Infinity"],
  ] as const
) {
  Deno.test(`simulated backend: while it ${fault}, the reply is "${reply}", and before and after it answers`, () => {
    assertEquals(receive(createBackend(`20ms ${fault}=1s-2s`), [900, 1_000, 2_000]), [
      "answers 920",
      reply,
      "answers 2020",
    ]);
  });
}

Deno.test("simulated backend: when it begins to refuse, it drops all requests, waiting ones included", () => {
  const backend = createBackend("20ms capacity=1 refuses=1s-2s");
  assertEquals(receive(backend, [970, 985, 990, 1_500, 2_000]), [
    "answers 990",
    "breaks off 1000",
    "breaks off 1000",
    "refuses 1500.1",
    "answers 2020",
  ]);
});

Deno.test("simulated backend: after it refused, no earlier request takes its capacity", () => {
  assertEquals(receive(createBackend("1s capacity=1 refuses=1s-1100ms"), [500, 600, 1_100]), [
    "breaks off 1000",
    "breaks off 1000",
    "answers 2100",
  ]);
});

Deno.test("simulated backend: each turn of refusing drops the requests of the turn before", () => {
  const backend = createBackend("20ms refuses=1s-2s/100ms");
  assertEquals(receive(backend, [990, 1_050, 1_100, 1_190, 1_200, 1_950]), [
    "breaks off 1000",
    "refuses 1050.1",
    "answers 1120",
    "breaks off 1200",
    "refuses 1200.1",
    "answers 1970",
  ]);
});

Deno.test("simulated backend: a request that hangs is dropped when it begins to refuse", () => {
  assertEquals(receive(createBackend("20ms hangs=1s-2s refuses=3s-4s"), [1_500]), [
    "breaks off 3000",
  ]);
});

Deno.test("simulated backend: requests that hang or fail take none of its capacity", () => {
  const backend = createBackend("20ms capacity=1 hangs=1s-2s errors=3s-4s");
  assertEquals(receive(backend, [1_999, 1_999, 2_000, 3_999, 4_000]), [
    "hangs Infinity",
    "hangs Infinity",
    "answers 2020",
    "errors 3999.1",
    "answers 4020",
  ]);
});

Deno.test("simulated backend: while it is slow, work that starts takes that many times as long", () => {
  const backend = createBackend("20ms capacity=1 slow=1s-2s*5");
  assertEquals(receive(backend, [985, 986, 1_990, 2_095]), [
    "answers 1005",
    "answers 1105",
    "answers 2090",
    "answers 2115",
  ]);
});

Deno.test("simulated backend: the factors of overlapping slow periods multiply", () => {
  const backend = createBackend("20ms slow=1s-3s*5 slow=2s-4s*3");
  assertEquals(receive(backend, [1_000, 2_000, 3_000]), [
    "answers 1100",
    "answers 2300",
    "answers 3060",
  ]);
});

Deno.test("simulated backend: a probe does not wait and takes none of the capacity", () => {
  const backend = createBackend("20ms capacity=1 slow=1s-2s*5 errors=3s-4s hangs=5s-6s");
  backend.receive(1_000, 0.5);
  assertEquals([1_001, 3_500, 5_500].map((now) => backend.probe(now)), [
    { kind: "answers", at: 1_001.1 },
    { kind: "errors", at: 3_500.1 },
    { kind: "hangs", at: Infinity },
  ]);
  assertEquals(receive(backend, [1_100]), ["answers 1200"]);
});

Deno.test("simulated backend: while it refuses or swallows, it takes no connection; otherwise it does", () => {
  const connects = (options: string) => createBackend(`20ms ${options}`).connect(1_000);
  assertEquals(connects("refuses=0s-1h"), { kind: "refuses", at: 1_000.1 });
  assertEquals(connects("swallows=0s-1h"), { kind: "swallows", at: Infinity });
  for (const options of ["", "breaks=0s-1h", "hangs=0s-1h", "errors=0s-1h", "refuses=0s-1s"]) {
    assertEquals(connects(options), undefined, options);
  }
});
