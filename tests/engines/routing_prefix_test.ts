/** Routes that strip or replace the prefix of a path: what the backend gets, byte for byte. */
import { assertEquals } from "@std/assert";
import { forEachConfiguredEngine } from "../support/configured.ts";
import { Dialogue, request } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const get = (target: string, ...lines: string[]) =>
  [`GET ${target} HTTP/1.1`, "Host: a.test", ...lines, "", ""].join("\r\n");

/** Targets below `/api`, and what the backend gets if the prefix is stripped, and if it becomes `/v2`. */
const TARGETS: readonly (readonly [target: string, stripped: string, replaced: string])[] = [
  ["/api", "/", "/v2"],
  ["/api/", "/", "/v2/"],
  ["/api/users/7", "/users/7", "/v2/users/7"],
  ["/api?a=b", "/?a=b", "/v2?a=b"],
  ["/api/?a=b", "/?a=b", "/v2/?a=b"],
  ["/api/x?a=/api/../b&c=%2f//%00", "/x?a=/api/../b&c=%2f//%00", "/v2/x?a=/api/../b&c=%2f//%00"],
  ["/api/x?", "/x?", "/v2/x?"],
  ["/api//evil.test/x", "/evil.test/x", "/v2/evil.test/x"],
  ["/api///x", "/x", "/v2/x"],
  ["/api/x//y", "/x//y", "/v2/x//y"],
  ["/api/%2f%2fx", "/%2F%2Fx", "/v2/%2F%2Fx"],
  ["/api/a%20b/%c3%a9", "/a%20b/%C3%A9", "/v2/a%20b/%C3%A9"],
  ["/api/%61", "/a", "/v2/a"],
  ["/%61pi/x", "/x", "/v2/x"],
  ["/api/api/x", "/api/x", "/v2/api/x"],
  ["/api/a@b:c;d=e,f", "/a@b:c;d=e,f", "/v2/a@b:c;d=e,f"],
  ["/api/@evil.test/", "/@evil.test/", "/v2/@evil.test/"],
  ["/api/%", "/%", "/v2/%"],
];

/** Targets that fetch cannot carry as they are; the tcp engine, and what is normalised, has no such limit. */
const CLIMBING: readonly (readonly [target: string, stripped: string])[] = [
  ["/api/a/../b", "/b"],
  ["/api/./b/.", "/b/"],
  ["/api/a/%2e%2e/b", "/b"],
  ["/%2e/api/c", "/c"],
];

forEachConfiguredEngine(({ start, test }) => {
  for (
    const [setting, column] of [
      [{ stripPrefix: true }, 1],
      [{ replacePrefix: "/v2" }, 2],
    ] as const
  ) {
    const [name] = Object.keys(setting);
    test(`prefixes: with ${name} the backend gets the rest of the path, and the query untouched`, async () => {
      await using backend = new ScriptedBackend("a");
      await using balancer = await start({
        pools: { a: { backends: [backend.url] } },
        routes: [{ match: { pathPrefix: "/api" }, pool: "a", ...setting }],
      });
      using client = await Dialogue.open(balancer.port);
      for (const [target] of TARGETS) {
        await client.send(get(target));
        assertEquals((await client.response()).status, 200, target);
      }
      assertEquals(
        backend.requests.map(({ target }) => target),
        TARGETS.map((row) => row[column]),
      );
      assertEquals(backend.ambiguous, []);
      const logged = balancer.entries.map(({ path }) => path);
      assertEquals(logged, TARGETS.map(([target]) => target), "the log has what the client sent");
    });

    test(`prefixes: with ${name} it stands behind the path of the backend's URL`, async () => {
      await using backend = new ScriptedBackend("a");
      await using balancer = await start({
        pools: { a: { backends: [`${backend.url}/base/one`] } },
        routes: [{ match: { pathPrefix: "/api" }, pool: "a", ...setting }],
      });
      using client = await Dialogue.open(balancer.port);
      for (const [target] of TARGETS) {
        await client.send(get(target));
        assertEquals((await client.response()).status, 200, target);
      }
      assertEquals(
        backend.requests.map(({ target }) => target),
        TARGETS.map((row) => `/base/one${row[column]}`),
      );
    });
  }

  test("prefixes: dot segments are resolved before the prefix is stripped", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start({
      pools: { a: { backends: [`${backend.url}/base`] } },
      routes: [{ match: { pathPrefix: "/api" }, pool: "a", stripPrefix: true }],
    });
    for (const [target] of CLIMBING) {
      assertEquals((await request(balancer.port, get(target))).status, 200, target);
    }
    const expected = CLIMBING.map(([, stripped]) => `/base${stripped}`);
    assertEquals(backend.requests.map(({ target }) => target), expected);
    for (
      const target of [
        "/x/../api/y", // some servers do not resolve dot segments
        "/api/..%2fx",
        "/api/..;/x",
        "/api/..%5cx",
        "/api/%252e%252e/x",
        "/api/x/..%2f..%2fapi/y",
      ]
    ) {
      assertEquals((await request(balancer.port, get(target))).status, 400, target);
    }
    assertEquals(backend.requests.length, CLIMBING.length);
  });

  test("prefixes: an absolute target gets the same, and its authority leads nowhere", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start({
      pools: { a: { backends: [backend.url] } },
      routes: [{ match: { pathPrefix: "/api" }, pool: "a", stripPrefix: true }],
    });
    const target = "http://b.test:81/api//evil.test/x?y";
    const { status } = await request(balancer.port, get(target));
    assertEquals(status, 200);
    const [received] = backend.requests;
    assertEquals(received!.target, "/evil.test/x?y");
    const hosts = received!.fields.filter(([name]) => name === "host");
    assertEquals(hosts, [["host", "b.test:81"]]);
  });

  test("prefixes: X-Forwarded-Prefix says what was stripped, and a client's own is dropped", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start({
      pools: { a: { backends: [backend.url] } },
      trustedProxies: ["127.0.0.1"], // even a trusted peer's own says nothing of this route
      routes: [
        { match: { pathPrefix: "/api/v1" }, pool: "a", stripPrefix: true },
        { match: { pathPrefix: "/old" }, pool: "a", replacePrefix: "/new" },
      ],
    });
    const own = ["X-Forwarded-Prefix: /evil", "x_forwarded_prefix: /b", "X.Forwarded.Prefix: /c"];
    await request(balancer.port, get("/api/v1/x", ...own));
    const prefixes = backend.requests[0]!.fields.filter(([name]) => /forwarded.prefix/.test(name));
    assertEquals(prefixes, [["x-forwarded-prefix", "/api/v1"]]);
    await request(balancer.port, get("/old/x"));
    const others = backend.requests[1]!.fields.filter(([name]) => /forwarded.prefix/.test(name));
    assertEquals(others, []);
  });

  test("prefixes: each attempt of a request gets the same path", async () => {
    await using first = new ScriptedBackend("first", "close");
    await using second = new ScriptedBackend("second");
    await using balancer = await start({
      pools: { a: { backends: [`${first.url}/one`, `${second.url}/two`] } },
      routes: [{ match: { pathPrefix: "/api" }, pool: "a", stripPrefix: true }],
    });
    assertEquals((await request(balancer.port, get("/api/x"))).status, 200);
    assertEquals(first.requests.at(-1)?.target, "/one/x");
    assertEquals(second.requests.at(-1)?.target, "/two/x");
  });
});
