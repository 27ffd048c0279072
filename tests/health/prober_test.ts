import { assert, assertEquals } from "@std/assert";
import { Backend } from "../../lib/backends/backend.ts";
import { type ProbeOptions, startProbes } from "../../lib/health/prober.ts";
import { type Behaviour, deadPort, ScriptedBackend } from "../support/scripted_backend.ts";
import { seeded } from "../support/random.ts";

/** Probes until so many results have come. @returns them, each as `good answered 200` */
async function probe(
  url: string,
  results: number,
  options: Partial<ProbeOptions> = {},
): Promise<string[]> {
  const told: string[] = [];
  const enough = Promise.withResolvers<void>();
  await using _probes = startProbes({
    backends: [new Backend({ url, weight: 1 })],
    path: "/healthz",
    good: [[200, 399]],
    interval: 10,
    timeout: 150,
    random: seeded(3),
    onProbe(_backend, good, reason) {
      told.push(`${good ? "good" : "bad"} ${reason}`);
      if (told.length === results) enough.resolve();
    },
    ...options,
  });
  await enough.promise;
  return told.slice(0, results);
}

for (
  const [what, behaviour, expected] of [
    ["answers 200", "serve", "good answered 200"],
    [
      "redirects",
      { reply: "HTTP/1.1 302 F\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n" },
      "good answered 302",
    ],
    ["answers 404", { reply: "HTTP/1.1 404 N\r\nContent-Length: 0\r\n\r\n" }, "bad answered 404"],
    ["answers 500", { reply: "HTTP/1.1 500 E\r\nContent-Length: 0\r\n\r\n" }, "bad answered 500"],
    ["says nothing", "stall", "bad no answer within 150 ms"],
  ] as const satisfies (readonly [string, Behaviour, string])[]
) {
  Deno.test(`probe: a backend that ${what} is ${expected}`, async () => {
    await using backend = new ScriptedBackend("a", behaviour);
    assertEquals(await probe(backend.url, 2), [expected, expected]);
  });
}

for (
  const [what, behaviour, expected] of [
    ["closes", "close", /^bad connection_terminated: /],
    ["talks garbage", { replyAndClose: "garbage\r\n\r\n" }, /^bad http_protocol_error: /],
  ] as const satisfies (readonly [string, Behaviour, RegExp])[]
) {
  Deno.test(`probe: a backend that ${what} is bad, and why`, async () => {
    await using backend = new ScriptedBackend("a", behaviour);
    const [result] = await probe(backend.url, 1);
    assert(expected.test(result!), result);
  });
}

Deno.test("probe: a backend that refuses is bad, and why", async () => {
  const [result] = await probe(`http://127.0.0.1:${deadPort()}`, 1);
  assert(/^bad connection_refused: /.test(result!), result);
});

Deno.test("probe: each comes on a connection of its own, for the path behind the backend's prefix", async () => {
  await using backend = new ScriptedBackend("a");
  await probe(`${backend.url}/base`, 4);
  assert(backend.connections >= 4);
  assertEquals(backend.requests[0]!.target, "/base/healthz");
});

Deno.test("probe: a slow answer delays no other backend's probes", async () => {
  await using slow = new ScriptedBackend("slow", "stall");
  await using quick = new ScriptedBackend("quick");
  const backends = [slow, quick].map(({ url }) => new Backend({ url, weight: 1 }));
  const told: string[] = [];
  await using _probes = startProbes({
    backends,
    path: "/",
    good: [[200, 599]],
    interval: 10,
    timeout: 60_000,
    random: () => 0,
    onProbe: (backend) => void told.push(backend.url),
  });
  await quick.until(() => told.length >= 3);
  assertEquals(new Set(told), new Set([quick.url]));
});

Deno.test("probe: stopping ends what is under way, and tells nothing of it", async () => {
  await using backend = new ScriptedBackend("a", "stall");
  const told: string[] = [];
  const probes = startProbes({
    backends: [new Backend({ url: backend.url, weight: 1 })],
    path: "/",
    good: [[200, 599]],
    interval: 10,
    timeout: 60_000,
    random: () => 0,
    onProbe: (_backend, _good, reason) => void told.push(reason),
  });
  await backend.until(() => backend.requests.length === 1);
  await probes[Symbol.asyncDispose]();
  assertEquals(told, []);
});
