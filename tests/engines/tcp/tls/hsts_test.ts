/** Strict-Transport-Security on responses over TLS (RFC 6797). */
import { assertEquals } from "@std/assert";
import type { TlsSettings } from "../../../../lib/engines/engine.ts";
import { balance as balanceWith, type TestOptions } from "../../../support/balancer.ts";
import { certificateFor, connectSecurely, served } from "../../../support/certificates.ts";
import { configurationOf } from "../../../support/configuration_file.ts";
import { Dialogue, type RawResponse, request } from "../../../support/raw_client.ts";
import { firstRevision, startOnlyWorker } from "../../../support/revision.ts";
import { deadPort } from "../../../support/dead_port.ts";
import { ScriptedBackend } from "../../../support/scripted_backend.ts";

const NAMES = ["localhost"];
const TLS: TlsSettings = {
  certificates: [served(await certificateFor(NAMES), NAMES)],
  minVersion: "1.2",
  hstsSeconds: 15_552_000,
};
const OURS = "max-age=15552000";
const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

function balance(urls: readonly string[], options: TestOptions = {}) {
  return balanceWith(urls, { tls: TLS, ...options, engine: "tcp" });
}

async function askSecurely(port: number, text = GET): Promise<RawResponse> {
  using client = new Dialogue(await connectSecurely(port));
  await client.send(text);
  return await client.response();
}

function valuesOf({ fields }: RawResponse): string[] {
  return fields.filter(([name]) => name === "strict-transport-security").map(([, value]) => value);
}

/** A backend whose responses have these lines. */
function backendWith(lines: string, body = "hello"): ScriptedBackend {
  const reply = `HTTP/1.1 200 OK\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`;
  return new ScriptedBackend("a", () => ({ reply }));
}

for (
  const [what, lines] of [
    ["nothing of it", ""],
    ["another one", "Strict-Transport-Security: max-age=1; includeSubDomains\r\n"],
    [
      "several",
      "strict-transport-security: max-age=1\r\nX-A: 1\r\nSTRICT-Transport-Security: a\r\n",
    ],
    ["one that Connection names", "Strict-Transport-Security: a\r\nConnection: x-b\r\nX-B: 1\r\n"],
  ] as const
) {
  Deno.test(`HSTS: a response over TLS has one line of it if the backend says ${what}`, async () => {
    await using backend = backendWith(lines);
    await using balancer = balance([backend.url]);
    const response = await askSecurely(balancer.port);
    assertEquals([response.status, valuesOf(response)], [200, [OURS]]);
    assertEquals(new TextDecoder().decode(response.body), "hello");
    assertEquals(response.field("x-a"), lines.includes("X-A") ? "1" : undefined);
  });
}

Deno.test("HSTS: what a backend says of it passes over plain HTTP, where nothing is added, and if it is off", async () => {
  const { hstsSeconds: _, ...off } = TLS;
  for (
    const [lines, expected] of [["", []], ["Strict-Transport-Security: a\r\n", ["a"]]] as const
  ) {
    await using backend = backendWith(lines);
    await using plain = balanceWith([backend.url], { engine: "tcp" });
    assertEquals(valuesOf(await request(plain.port, GET)), [...expected]);
    await using without = balance([backend.url], { tls: off });
    assertEquals(valuesOf(await askSecurely(without.port)), [...expected]);
  }
});

Deno.test("HSTS: the balancer's own answers have it, whatever they are", async () => {
  await using balancer = balance([`http://127.0.0.1:${deadPort()}`]);
  for (
    const [text, status] of [
      [GET, 503],
      ["GET / HTTP/1.1\r\n\r\n", 400],
      ["TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405],
      ["OPTIONS / HTTP/1.1\r\nHost: localhost\r\nMax-Forwards: 0\r\n\r\n", 204],
    ] as const
  ) {
    const response = await askSecurely(balancer.port, text);
    assertEquals([response.status, valuesOf(response)], [status, [OURS]], text);
  }
});

Deno.test("HSTS: a client that speaks HTTP without TLS gets none", async () => {
  await using backend = backendWith("");
  await using balancer = balance([backend.url]);
  const response = await request(balancer.port, GET);
  assertEquals([response.status, valuesOf(response)], [400, []]);
});

Deno.test("HSTS: a change is for the connections that there are as well", async () => {
  await using backend = backendWith("");
  await using balancer = balance([backend.url]);
  using client = new Dialogue(await connectSecurely(balancer.port));
  await client.send(GET);
  assertEquals(valuesOf(await client.response()), [OURS]);
  balancer.changeTls({ ...TLS, hstsSeconds: 60 });
  await client.send(GET);
  assertEquals(valuesOf(await client.response()), ["max-age=60"]);
});

Deno.test("HSTS: what a route says of it goes before what its listener says", async () => {
  await using backend = backendWith("Strict-Transport-Security: a\r\n");
  const own = { "Strict-Transport-Security": "max-age=5; preload" };
  const config = await configurationOf(JSON.stringify({
    engine: "tcp",
    pools: { users: { backends: [backend.url] } },
    routes: [
      { match: { path: "/set" }, responseHeaders: { set: own }, pool: "users" },
      {
        match: { path: "/remove" },
        responseHeaders: { remove: ["strict-transport-security"] },
        pool: "users",
      },
      { match: { path: "/own" }, respond: { status: 200, headers: own } },
      { match: { path: "/plain" }, respond: { status: 200 } },
      { pool: "users" },
    ],
  }));
  const { revision, process } = firstRevision(config);
  const listeners = revision.listeners.map((listener) => ({ ...listener, tls: TLS }));
  const plane = await startOnlyWorker({ revision: { ...revision, listeners }, process }, () => {});
  const { port } = plane.addresses[0]!;
  for (
    const [path, expected] of [
      ["/set", "max-age=5; preload"],
      ["/remove", OURS],
      ["/own", "max-age=5; preload"],
      ["/plain", OURS],
      ["/", OURS],
    ] as const
  ) {
    const response = await askSecurely(port, GET.replace("/", path));
    assertEquals(valuesOf(response), [expected], path);
  }
  await plane.drain(1_000, 0);
});

Deno.test("HSTS: a response that changes the protocol has it", async () => {
  const reply = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n" +
    "Strict-Transport-Security: a\r\n\r\n";
  await using backend = new ScriptedBackend("a", () => ({ reply }));
  await using balancer = balance([backend.url]);
  const upgrade = GET.replace("\r\n\r\n", "\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
  using client = new Dialogue(await connectSecurely(balancer.port));
  await client.send(upgrade);
  const head = await client.until("\r\n\r\n");
  assertEquals(head.match(/strict-transport-security: .*/gi), [
    `strict-transport-security: ${OURS}`,
  ]);
});
