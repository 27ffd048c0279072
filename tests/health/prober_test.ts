import { assert, assertEquals, assertMatch } from "@std/assert";
import { Backend } from "../../lib/backends/backend.ts";
import { type ProbeOptions, startProbes } from "../../lib/health/prober.ts";
import { type Behaviour, deadPort, ScriptedBackend } from "../support/scripted_backend.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { seeded } from "../support/random.ts";

/** Probes until there are a number of results. @returns them, in words such as `good answered 200` */
async function probe(
  url: string,
  results: number,
  options: Partial<ProbeOptions> = {},
): Promise<string[]> {
  const reported: string[] = [];
  const enough = Promise.withResolvers<void>();
  await using _probes = startProbes({
    backends: [new Backend({ url, weight: 1 })],
    path: "/healthz",
    good: [[200, 399]],
    interval: 10,
    timeout: 60_000,
    random: seeded(3),
    onProbe(_backend, good, reason) {
      reported.push(`${good ? "good" : "bad"} ${reason}`);
      if (reported.length === results) enough.resolve();
    },
    ...options,
  });
  await enough.promise;
  return reported.slice(0, results);
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
  ] as const satisfies (readonly [string, Behaviour, string])[]
) {
  Deno.test(`prober: a backend that ${what} is reported as: ${expected}`, async () => {
    await using backend = new ScriptedBackend("a", behaviour);
    assertEquals(await probe(backend.url, 2), [expected, expected]);
  });
}

Deno.test("prober: a backend that does not answer is reported as: bad no answer within 50 ms", async () => {
  await using backend = new ScriptedBackend("a", "stall");
  const expected = "bad no answer within 50 ms";
  assertEquals(await probe(backend.url, 2, { timeout: 50 }), [expected, expected]);
});

for (
  const [what, behaviour, expected] of [
    ["closes the connection", "close", /^bad connection_terminated: /],
    ["sends garbage", { replyAndClose: "garbage\r\n\r\n" }, /^bad http_protocol_error: /],
  ] as const satisfies (readonly [string, Behaviour, RegExp])[]
) {
  Deno.test(`prober: a backend that ${what} is reported as bad, with the reason`, async () => {
    await using backend = new ScriptedBackend("a", behaviour);
    const [result] = await probe(backend.url, 1);
    assert(expected.test(result!), result);
  });
}

Deno.test("prober: a backend that refuses connections is reported as bad, with the reason", async () => {
  const [result] = await probe(`http://127.0.0.1:${deadPort()}`, 1);
  assertEquals(result, "bad connection_refused");
});

Deno.test("prober: each probe uses a new connection, and its path follows the backend's prefix", async () => {
  await using backend = new ScriptedBackend("a");
  await probe(`${backend.url}/base`, 4);
  assert(backend.connections >= 4);
  assertEquals(backend.requests[0]!.target, "/base/healthz");
});

Deno.test("prober: a slow answer does not delay the probes of other backends", async () => {
  await using slow = new ScriptedBackend("slow", "stall");
  await using quick = new ScriptedBackend("quick");
  const backends = [slow, quick].map(({ url }) => new Backend({ url, weight: 1 }));
  const reported: string[] = [];
  await using _probes = startProbes({
    backends,
    path: "/",
    good: [[200, 599]],
    interval: 10,
    timeout: 60_000,
    random: () => 0,
    onProbe: (backend) => void reported.push(backend.url),
  });
  await quick.until(() => reported.length >= 3);
  assertEquals(new Set(reported), new Set([quick.url]));
});

Deno.test("prober: stopping ends a probe that is under way, and does not report it", async () => {
  await using backend = new ScriptedBackend("a", "stall");
  const reported: string[] = [];
  const probes = startProbes({
    backends: [new Backend({ url: backend.url, weight: 1 })],
    path: "/",
    good: [[200, 599]],
    interval: 10,
    timeout: 60_000,
    random: () => 0,
    onProbe: (_backend, _good, reason) => void reported.push(reason),
  });
  await backend.until(() => backend.requests.length === 1);
  await probes[Symbol.asyncDispose]();
  assertEquals(reported, []);
});

Deno.test("prober: an answer over a limit of ours shows nothing about its backend", async () => {
  const tooMany: Behaviour = { reply: `HTTP/1.1 200 OK\r\n${"X-A: b\r\n".repeat(101)}\r\n` };
  let asked = 0;
  await using backend = new ScriptedBackend("a", () => ++asked > 1 ? "serve" : tooMany);
  const reported: string[] = [];
  const first = Promise.withResolvers<void>();
  await using _probes = startProbes({
    backends: [new Backend({ url: backend.url, weight: 1 })],
    path: "/",
    good: [[200, 599]],
    interval: 10,
    timeout: 60_000,
    random: () => 0,
    onProbe: (_backend, _good, reason) => {
      reported.push(reason);
      first.resolve();
    },
  });
  await first.promise;
  assertEquals(reported[0], "answered 200");
  assert(backend.requests.length >= 2);
});

Deno.test("prober: it can ask another port, with another Host", async () => {
  const heads: string[] = [];
  await using health = new RawBackend(async (connection) => {
    heads.push(await connection.until("\r\n\r\n"));
    await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  const options = { host: "users.internal", port: Number(new URL(health.url).port) };
  assertEquals(await probe(`http://127.0.0.1:${deadPort()}/base`, 1, options), [
    "good answered 200",
  ]);
  assertMatch(heads[0]!, /^GET \/base\/healthz HTTP\/1\.1\r\n/);
  assertMatch(heads[0]!, /\r\nhost: users\.internal\r\n/i);
});
