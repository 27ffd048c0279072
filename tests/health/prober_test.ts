import { assert, assertEquals, assertMatch } from "@std/assert";
import { Backend } from "../../lib/backends/backend.ts";
import { type ProbeOptions, startProbes } from "../../lib/health/prober.ts";
import { deadPort } from "../support/dead_port.ts";
import { type Behaviour, ScriptedBackend } from "../support/scripted_backend.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { seeded } from "../support/random.ts";
import { AUTHORITY, certificateFor } from "../support/certificates.ts";
import { SecureBackend } from "../support/secure_backend.ts";

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

Deno.test("prober: a backend that does not answer is reported as: bad no answer within 200 ms", async () => {
  await using backend = new ScriptedBackend("a", "stall");
  const expected = "bad no answer within 200 ms";
  assertEquals(await probe(backend.url, 2, { timeout: 200 }), [expected, expected]);
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

for (
  const [what, tls, host, expected] of [
    ["with the name of its pool", { serverName: "app.internal" }, undefined, "good answered 200"],
    ["with a Host of its own", { serverName: "app.internal" }, "other", "good answered 200"],
    [
      "with a name that it does not have",
      { serverName: "other.internal" },
      undefined,
      "bad tls_certificate_error: the certificate is not for other.internal",
    ],
  ] as const
) {
  Deno.test(`prober: over TLS, a backend is asked ${what}: ${expected}`, async () => {
    await using backend = await SecureBackend.start(await certificateFor(["app.internal"]));
    const options = { ca: AUTHORITY.cert, verify: true, ...tls };
    const probed = new Backend({ url: `${backend.url}/base`, weight: 1, tls: options });
    assertEquals(await probe("", 1, { backends: [probed], host }), [expected]);
    if (expected.startsWith("bad")) return assertEquals(backend.requests, []);
    const [request] = backend.requests;
    assertEquals(
      [request?.url, request?.host, request?.serverName],
      ["/base/healthz", host ?? new URL(backend.url).host, "app.internal"],
    );
  });
}

for (
  const [what, behaviour, expected] of [
    ["says nothing", "stall", "bad no answer within 200 ms"],
    ["closes the connection", "close", /^bad tls_protocol_error: /],
  ] as const
) {
  Deno.test(`prober: over TLS, a backend that ${what} is bad, and no socket to it is left`, async () => {
    await using backend = new ScriptedBackend("a", behaviour);
    if (behaviour === "close") backend.behaviour = { closeAfter: 1 };
    const url = backend.url.replace("http:", "https:");
    const probed = new Backend({ url, weight: 1, tls: { verify: true } });
    const [result] = await probe("", 1, { backends: [probed], timeout: 200 });
    if (typeof expected === "string") assertEquals(result, expected);
    else assertMatch(result!, expected);
    await backend.until(() => backend.openConnections === 0);
  });
}

for (
  const [what, reply, expected] of [
    ["an interim response first", "HTTP/1.1 103 E\r\nLink: x\r\n\r\nHTTP/1.1 204 N\r\n\r\n", /204/],
    ["an error", "HTTP/1.1 500 E\r\nContent-Length: 0\r\n\r\n", /^bad answered 500$/],
    ["garbage", "garbage\r\n\r\n", /^bad http_protocol_error: /],
    ["half a status line", "HTTP/1.1 2", /^bad connection_terminated: /],
  ] as const
) {
  Deno.test(`prober: over TLS, a backend that sends ${what}: ${expected.source}`, async () => {
    const { cert, key } = await certificateFor(["127.0.0.1"]);
    using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
    const serving = (async () => {
      using connection = await listener.accept();
      await connection.read(new Uint8Array(4_096));
      await connection.write(new TextEncoder().encode(reply));
      await connection.closeWrite();
    })();
    const url = `https://127.0.0.1:${listener.addr.port}`;
    const tls = { ca: AUTHORITY.cert, verify: true };
    const probed = new Backend({ url, weight: 1, tls });
    const [result] = await probe("", 1, { backends: [probed], interval: 60_000, random: () => 0 });
    assertMatch(result!, expected);
    await serving;
  });
}
