/** Routes that answer themselves: redirects, and responses of their own. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { forEachConfiguredEngine } from "../support/configured.ts";
import { Dialogue, request } from "../support/raw_client.ts";
import { deadPort } from "../support/dead_port.ts";
import { latin1 } from "../support/strict_parser.ts";

const POOLS = { nowhere: { backends: [`http://127.0.0.1:${deadPort()}`] } };

const get = (target: string, ...lines: string[]) =>
  [`GET ${target} HTTP/1.1`, ...lines, "", ""].join("\r\n");
const A = "Host: a.test";
const SECURE = "X-Forwarded-Proto: https";

/** What a redirect says, the request, and the Location that its client gets. */
const LOCATIONS: readonly (readonly [redirect: unknown, request: string, location: string])[] = [
  [{ host: "b.test" }, get("/a?b=1", A), "http://b.test/a?b=1"],
  [{ host: "b.test" }, get("/a?b=1", "Host: a.test:8080"), "http://b.test/a?b=1"],
  [{ host: "b.test", port: 81 }, get("/", A), "http://b.test:81/"],
  [{ host: "b.test", port: 80 }, get("/", A), "http://b.test/"],
  [{ host: "::1" }, get("/", A), "http://[::1]/"],
  [{ scheme: "https" }, get("/a?b", A), "https://a.test/a?b"],
  [{ scheme: "https" }, get("/a", "Host: a.test:5000"), "https://a.test/a"],
  [{ scheme: "https", port: 8443 }, get("/a", A), "https://a.test:8443/a"],
  [{ scheme: "https", port: 443 }, get("/a", "Host: a.test:1"), "https://a.test/a"],
  [{ scheme: "https" }, get("/a", "Host: [2001:db8::1]:5000"), "https://[2001:db8::1]/a"],
  [{ path: "/new" }, get("/old?x=1&y", A), "http://a.test/new?x=1&y"],
  [{ path: "/new?z" }, get("/old?x", A), "http://a.test/new?z"],
  [{ path: "/new" }, get("/old", "Host: a.test:8080"), "http://a.test:8080/new"],
  [{ path: "/new" }, get("/old", "Host: [::1]:8080"), "http://[::1]:8080/new"],
  [{ path: "/new" }, get("/old?q", A, SECURE), "https://a.test/new?q"],
  [{ scheme: "http", path: "/plain" }, get("/", A, SECURE), "http://a.test/plain"],
  [{ path: "/new" }, get("/old", "Host: a.test:443", SECURE), "https://a.test/new"],
  [{ path: "/new" }, get("http://c.test:81/old?q", A), "http://c.test:81/new?q"],
  [{ host: "b.test" }, get("//evil.test/x", A), "http://b.test//evil.test/x"],
  [{ host: "b.test" }, get("/caf%C3%A9?%e4", A), "http://b.test/caf%C3%A9?%e4"],
  [{ host: "b.test" }, get("/%0d%0aSet-Cookie:a=b", A), "http://b.test/%0d%0aSet-Cookie:a=b"],
  [{ host: "b.test" }, get("/?next=http://x/", A), "http://b.test/?next=http://x/"],
];

forEachConfiguredEngine(({ engine, start, test }) => {
  test("redirects: Location is absolute, and what the route leaves out is kept from the request", async () => {
    for (const [redirect, text, location] of LOCATIONS) {
      await using balancer = await start({
        pools: POOLS,
        trustedProxies: ["127.0.0.1"],
        routes: [{ redirect }],
      });
      const response = await request(balancer.port, text);
      assertEquals(response.status, 302, text);
      assertEquals(response.field("location"), location, text);
      assertEquals(new URL(location).href, location, "an exact URL");
    }
  });

  test("redirects: each status has its text, Proxy-Status and an entry in the log", async () => {
    const statuses = [[301, "Moved Permanently"], [302, "Found"], [303, "See Other"], [
      307,
      "Temporary Redirect",
    ], [308, "Permanent Redirect"]] as const;
    await using balancer = await start({
      pools: POOLS,
      routes: statuses.map(([status]) => ({
        name: `to-${status}`,
        match: { path: `/${status}` },
        redirect: { host: "b.test", status },
      })),
    });
    using client = await Dialogue.open(balancer.port);
    for (const [status, text] of statuses) {
      await client.send(get(`/${status}`, A));
      const response = await client.response();
      assertEquals([response.status, latin1(response.body)], [status, `${text}\n`]);
      assertEquals(response.field("proxy-status"), "roundabout");
      const { refused, bytes, attempts } = balancer.entries.at(-1)!;
      assertEquals([refused, bytes, attempts], [
        "its route redirects",
        text.length + 1,
        [],
      ]);
    }
  });

  test("redirects: X-Forwarded-Proto of a peer that is not trusted changes no scheme", async () => {
    await using balancer = await start({ pools: POOLS, routes: [{ redirect: { path: "/n" } }] });
    const response = await request(balancer.port, get("/", A, SECURE));
    assertEquals(response.field("location"), "http://a.test/n");
  });

  test("redirects: bytes above ASCII in a target are refused or encoded, never sent", async () => {
    await using balancer = await start({
      pools: POOLS,
      routes: [{ redirect: { host: "b.test" } }],
    });
    const response = await request(balancer.port, get("/caf\xc3\xa9?\xff", A));
    if (response.status !== 400) assertMatch(response.field("location")!, /^[\x21-\x7e]+$/);
  });

  test("responses: status, headers with placeholders and body are the route's, in UTF-8", async () => {
    await using balancer = await start({
      pools: POOLS,
      routes: [
        {
          name: "own",
          match: { pathPrefix: "/own" },
          respond: {
            status: 418,
            headers: {
              "X-Who": "{client} {method} {path} {host} {route}",
              "Content-Type": "text/x",
            },
            body: "ä€😀\n",
          },
        },
        { respond: { status: 200, body: "<p>plain</p>" } },
        {
          match: { path: "/empty" },
          respond: { status: 201, headers: { "X-A": "1" } },
        },
      ],
    });
    using client = await Dialogue.open(balancer.port);
    await client.send(get("/own?x", A));
    const own = await client.response();
    assertEquals([own.status, own.field("content-type")], [418, "text/x"]);
    assertEquals(own.field("x-who"), "127.0.0.1 GET /own a.test own");
    assertEquals(own.field("content-length"), "10");
    assertEquals(new TextDecoder().decode(own.body), "ä€😀\n");
    assertEquals(balancer.entries.at(-1)!.bytes, 10);
    await client.send(get("/else", A));
    const other = await client.response();
    assertEquals(other.field("content-type"), "text/html; charset=utf-8");
    await client.send(get("/empty", A));
    const empty = await client.response();
    assertEquals([empty.status, empty.body.length], [201, 0]);
    assertEquals([empty.field("content-length"), empty.field("content-type")], ["0", undefined]);
    await client.send("HEAD /own HTTP/1.1\r\nHost: a.test\r\n\r\n");
    const head = await client.response({ toHead: true });
    assertEquals([head.status, head.field("content-length")], [418, "10"]);
    assertEquals(balancer.entries.at(-1)!.bytes, 0);
    await client.send(get("/else", A));
    assertEquals((await client.response()).status, 200, "nothing followed the HEAD");
  });

  for (const status of [204, 205, 304]) {
    test(`responses: ${status} has no body, and its connection goes on`, async () => {
      await using balancer = await start({
        pools: POOLS,
        routes: [{ respond: { status, headers: { "X-A": "{path}" }, body: "lost" } }],
      });
      using client = await Dialogue.open(balancer.port);
      for (const path of ["/a", "/b"]) {
        await client.send(get(path, A));
        const response = await client.response();
        // Deno.serve says of a 205 neither a length nor that it has no chunks.
        const sent = status === 205 && engine === "web" ? 204 : status;
        assertEquals([response.status, response.body.length], [sent, 0]);
        assertEquals(response.field("x-a"), path);
        const { status: logged, bytes } = balancer.entries.at(-1)!;
        assertEquals([logged, bytes], [sent, 0]);
      }
    });
  }

  test("responses: the header changes of a route hold for its own answers as well", async () => {
    const responseHeaders = { set: { "X-Frame-Options": "DENY" }, remove: ["X-A"] };
    await using balancer = await start({
      pools: POOLS,
      routes: [
        { respond: { status: 200, headers: { "X-A": "1" }, body: "x" }, responseHeaders },
        { match: { path: "/old" }, redirect: { path: "/new" }, responseHeaders },
      ],
    });
    for (const path of ["/", "/old"]) {
      const response = await request(balancer.port, get(path, A));
      assertEquals(response.field("x-frame-options"), "DENY", path);
      assertEquals(response.field("x-a"), undefined);
    }
  });

  test("responses: of a request's body nothing is taken for a request", async () => {
    await using balancer = await start({
      pools: POOLS,
      routes: [{ respond: { status: 200, body: "own" } }],
    });
    const body = get("/smuggled", A);
    for (
      const framing of [
        `Content-Length: ${body.length}\r\n\r\n${body}`,
        `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      ]
    ) {
      using client = await Dialogue.open(balancer.port);
      await client.send(`POST /first HTTP/1.1\r\nHost: a.test\r\n${framing}`);
      assertEquals((await client.response()).status, 200);
      // Either the connection goes on behind the body, or it is closed.
      await client.send(get("/next", A, "Connection: close")).catch(() => {});
      const statuses = (await client.rest()).match(/HTTP\/1\.1 \d+/g) ?? [];
      assert(statuses.length <= 1, statuses.join());
    }
    assert(!balancer.entries.some(({ path }) => path === "/smuggled"));
  });

  test("responses: a client that sends a large body gets its answer, whole", async () => {
    await using balancer = await start({
      pools: POOLS,
      routes: [{ respond: { status: 403, body: "no\n" } }],
    });
    using client = await Dialogue.open(balancer.port);
    await client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9000000\r\n\r\n");
    await client.send("x".repeat(100_000)).catch(() => {});
    const response = await client.response();
    assertEquals([response.status, latin1(response.body)], [403, "no\n"]);
  });

  if (engine === "tcp") {
    test("redirects: a request of HTTP/1.0 without Host cannot be redirected to no host", async () => {
      await using balancer = await start({
        pools: POOLS,
        routes: [
          { redirect: { path: "/new" } },
          { match: { path: "/b" }, redirect: { host: "b.test" } },
        ],
      });
      assertEquals((await request(balancer.port, "GET / HTTP/1.0\r\n\r\n")).status, 400);
      const other = await request(balancer.port, "GET /b HTTP/1.0\r\n\r\n");
      assertEquals(other.field("location"), "http://b.test/b");
    });

    test("responses: a client that waits for 100 gets the answer instead", async () => {
      await using balancer = await start({
        pools: POOLS,
        routes: [{ respond: { status: 403, body: "no\n" } }],
      });
      using client = await Dialogue.open(balancer.port);
      await client.send(
        "POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
      );
      assertMatch(await client.rest(), /^HTTP\/1\.1 403 [^]*connection: close\r\n\r\nno\n$/);
    });
  }
});
