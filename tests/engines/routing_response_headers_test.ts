/** Routes that change the header lines of responses: what reaches the client, byte for byte. */
import { assertEquals, assertMatch } from "@std/assert";
import { type Configured, forEachConfiguredEngine } from "../support/configured.ts";
import { differAt, patternedBody } from "../support/patterned_body.ts";
import { bytesOf, Dialogue, request } from "../support/raw_client.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { concat } from "../support/strict_parser.ts";
import { pause } from "../support/timing.ts";

const DATE = "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\n";
const LINES = `Server: apache\r\nserver: tomcat\r\nX_Powered.By: php\r\nVary: Accept\r\n${DATE}`;
const CHANGES = {
  set: { "Cache-Control": "no-store", "X-Route": "{route} {method} {path} {host}" },
  add: { Vary: "Cookie" },
  remove: ["Server", "X-Powered-By"],
};
const CHANGED = [
  ["vary", "Accept"],
  ["vary", "Cookie"],
  ["cache-control", "no-store"],
];

const chunk = (bytes: Uint8Array) =>
  concat([bytesOf(`${bytes.length.toString(16)}\r\n`), bytes, bytesOf("\r\n")]);

const chunked = (bytes: Uint8Array, size: number) =>
  concat([
    ...Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, index) => chunk(bytes.subarray(index * size, (index + 1) * size)),
    ),
    bytesOf("0\r\n\r\n"),
  ]);

/** Responses of a backend, and the body that the client must get. */
const RESPONSES: readonly {
  readonly what: string;
  readonly method?: string;
  readonly status: number;
  readonly framing?: string;
  readonly sent: Uint8Array;
  readonly body?: Uint8Array;
  readonly closes?: boolean;
}[] = [
  { what: "no body", status: 200, framing: "Content-Length: 0\r\n", sent: patternedBody(0) },
  { what: "a short body", status: 200, framing: "Content-Length: 5\r\n", sent: patternedBody(5) },
  {
    what: "a long body",
    status: 200,
    framing: "Content-Length: 200000\r\n",
    sent: patternedBody(200_000),
  },
  {
    what: "short chunks",
    status: 200,
    framing: "Transfer-Encoding: chunked\r\n",
    sent: chunked(patternedBody(300), 7),
    body: patternedBody(300),
  },
  {
    what: "many chunks",
    status: 200,
    framing: "Transfer-Encoding: chunked\r\n",
    sent: chunked(patternedBody(200_000), 70_001),
    body: patternedBody(200_000),
  },
  { what: "a body up to the end", status: 200, sent: patternedBody(200_000), closes: true },
  {
    what: "a response to HEAD",
    method: "HEAD",
    status: 200,
    framing: "Content-Length: 5\r\n",
    sent: patternedBody(0),
  },
  { what: "204", status: 204, sent: patternedBody(0) },
  { what: "304", status: 304, framing: 'ETag: "x"\r\n', sent: patternedBody(0) },
  {
    what: "404 with a body",
    status: 404,
    framing: "Content-Length: 4\r\n",
    sent: patternedBody(4),
  },
  {
    what: "500 without a body",
    status: 500,
    framing: "Content-Length: 0\r\n",
    sent: patternedBody(0),
  },
];

async function untilLogged({ entries }: Configured, count: number): Promise<void> {
  while (entries.length < count) await pause(2);
}

forEachConfiguredEngine(({ start, test }) => {
  for (
    const { what, method = "GET", status, framing = "", sent, body = sent, closes } of RESPONSES
  ) {
    test(`response headers: they are changed in ${what}, whose body stays as it is, and the connection goes on`, async () => {
      await using backend = new RawBackend(async (side) => {
        while (true) {
          await side.until("\r\n\r\n");
          side.received = "";
          await side.send(`HTTP/1.1 ${status} X\r\n${LINES}${framing}\r\n`);
          await side.send(sent);
          if (closes) return;
        }
      });
      await using balancer = await start({
        pools: { a: { backends: [backend.url] } },
        routes: [{ name: "main", pool: "a", responseHeaders: CHANGES }],
      });
      using client = await Dialogue.open(balancer.port);
      for (let number = 1; number <= 3; number++) {
        await client.send(`${method} /x?y HTTP/1.1\r\nHost: a.test\r\n\r\n`);
        const response = await client.response({ toHead: method === "HEAD" });
        assertEquals(response.status, status);
        const lines = response.fields.filter(([name]) => /vary|cache|server|powered/.test(name));
        assertEquals(lines.sort(([a], [b]) => a < b ? 1 : a > b ? -1 : 0), CHANGED);
        assertEquals(response.field("x-route"), `main ${method} /x a.test`);
        assertEquals(response.fields.filter(([name]) => name === "date").length, 1);
        assertEquals(
          differAt(response.body, method === "HEAD" ? patternedBody(0) : body),
          undefined,
        );
        await untilLogged(balancer, number);
        const { bytes, broken } = balancer.entries[number - 1]!;
        assertEquals([bytes, broken], [method === "HEAD" ? 0 : body.length, undefined]);
      }
    });
  }

  test("response headers: a response of 5 MB stays as it is, with a length and in chunks", async () => {
    const body = patternedBody(5_000_000);
    const parts = Array.from(
      { length: 200 },
      (_, at) => body.subarray(at * 100_000, (at + 1) * 100_000),
    );
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      ({ url }) =>
        new Response(url.endsWith("/length") ? body : ReadableStream.from(parts), {
          headers: { Server: "x" },
        }),
    );
    await using balancer = await start({
      pools: { a: { backends: [`http://127.0.0.1:${server.addr.port}`] } },
      routes: [{ pool: "a", responseHeaders: CHANGES }],
    });
    for (const [number, path] of ["/length", "/chunks"].entries()) {
      const response = await fetch(`http://127.0.0.1:${balancer.port}${path}`);
      const received = new Uint8Array(await response.arrayBuffer());
      assertEquals(response.headers.get("cache-control"), "no-store");
      assertEquals(differAt(received, body), undefined, `${received.length} bytes of ${path}`);
      await untilLogged(balancer, number + 1);
      assertEquals(balancer.entries[number]!.bytes, body.length);
    }
  });

  test("response headers: a line of the client's request cannot begin one of the response", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start({
      pools: { a: { backends: [backend.url] } },
      trustedProxies: ["127.0.0.0/8"],
      routes: [{
        pool: "a",
        responseHeaders: { set: { "X-Echo": "{path}|{request_id}|{client}" } },
      }],
    });
    const text =
      "GET /%0d%0aSet-Cookie:a=b HTTP/1.1\r\nHost: a.test\r\nX-Request-Id: \xe4\xff\r\n" +
      "X-Forwarded-For: \x80 x\r\n\r\n";
    const response = await request(balancer.port, text);
    assertMatch(response.field("x-echo")!, /^\/%0d%0aSet-Cookie:a=b\|[\x21-\x7e]+\|[\x20-\x7e]+$/);
    assertEquals(response.field("set-cookie"), undefined);
  });

  test("response headers: an interim response is not changed, the final one is", async () => {
    await using backend = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      await side.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nServer: x\r\n\r\n");
      await side.send("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\n\r\nok");
      await side.read();
    });
    await using balancer = await start({
      pools: { a: { backends: [backend.url] } },
      routes: [{ pool: "a", responseHeaders: { remove: ["Server"], set: { "X-A": "1" } } }],
    });
    const response = await request(balancer.port, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    assertEquals([response.status, response.field("x-a")], [200, "1"]);
    assertEquals(response.field("server"), undefined);
  });

  test("response headers: the sticky cookie is there although the route removes Set-Cookie of the backend", async () => {
    await using backend = new ScriptedBackend("a", {
      reply: "HTTP/1.1 200 OK\r\nSet-Cookie: session=1\r\nContent-Length: 2\r\n\r\nok",
    });
    await using other = new ScriptedBackend("b", backend.behaviour);
    await using balancer = await start({
      pools: { a: { backends: [backend.url, other.url], sticky: { cookie: "lb" } } },
      routes: [{ pool: "a", responseHeaders: { remove: ["Set-Cookie"] } }],
    });
    const response = await request(balancer.port, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    const cookies = response.fields.filter(([name]) => name === "set-cookie");
    assertEquals(cookies.map(([, value]) => value.split("=")[0]), ["lb"]);
  });

  test("response headers: errors of the balancer itself do not get them, as no cache may keep an error", async () => {
    const responseHeaders = {
      set: { "Cache-Control": "public, max-age=3600" },
      remove: ["Proxy-Status"],
    };
    await using balancer = await start({
      pools: { dead: { backends: [`http://127.0.0.1:${deadPort()}`] } },
      routes: [
        { match: { pathPrefix: "/in" }, deny: ["0.0.0.0/0"], pool: "dead", responseHeaders },
        { match: { pathPrefix: "/own" }, respond: { status: 404 }, responseHeaders },
        { pool: "dead", responseHeaders },
      ],
    });
    const seen = [];
    for (const path of ["/in", "/own", "/"]) {
      const response = await request(balancer.port, `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
      const { status } = response;
      seen.push([status, response.field("cache-control"), response.field("proxy-status")?.[0]]);
    }
    assertEquals(seen, [
      [403, undefined, "r"],
      [404, "public, max-age=3600", undefined],
      [503, undefined, "r"],
    ]);
  });

  test("response headers: changes of a hundred lines fit into a response of many lines", async () => {
    const many = Array.from({ length: 80 }, (_, index) => `X-Old-${index}: ${"o".repeat(80)}\r\n`);
    await using backend = new ScriptedBackend("a", {
      reply: `HTTP/1.1 200 OK\r\n${many.join("")}Content-Length: 2\r\n\r\nok`,
    });
    const set = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`X-New-${index}`, "n".repeat(200)]),
    );
    await using balancer = await start({
      pools: { a: { backends: [backend.url] } },
      routes: [{ pool: "a", responseHeaders: { set } }],
    });
    const response = await request(balancer.port, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    const count = (prefix: string) =>
      response.fields.filter(([name]) => name.startsWith(prefix)).length;
    assertEquals([count("x-old-"), count("x-new-")], [80, 100]);
    assertEquals(response.body, bytesOf("ok"));
  });
});
