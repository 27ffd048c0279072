/** Which route takes a request: what each condition of a match asks for, as clients write it. */
import { assertEquals } from "@std/assert";
import { forEachConfiguredEngine } from "../support/configured.ts";
import { Dialogue, request } from "../support/raw_client.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { latin1 } from "../support/strict_parser.ts";

const NOWHERE = { nowhere: { backends: [`http://127.0.0.1:${deadPort()}`] } };

/** A route that answers with its own name, so that a response says which one it was. */
const answers = (name: string, match: unknown = {}) => ({
  name,
  match,
  respond: { status: 200, headers: { "X-Route": "{route}" }, body: name },
});

/** Requests as they are sent, and the name of the route that answers, or the status without one. */
interface Table {
  readonly routes: readonly unknown[];
  readonly cases: readonly (readonly [request: string, gets: string])[];
}

const get = (path: string, ...lines: string[]) =>
  [`GET ${path} HTTP/1.1`, "Host: a.test", ...lines, "", ""].join("\r\n");
const host = (value: string) => `GET / HTTP/1.1\r\nHost: ${value}\r\n\r\n`;
const method = (value: string, ...lines: string[]) =>
  [`${value} /m HTTP/1.1`, "Host: a.test", ...lines, "", ""].join("\r\n");

const TABLES: Readonly<Record<string, Table>> = {
  host: {
    routes: [
      answers("any"),
      answers("short", { host: "*.test" }),
      answers("wild", { host: "*.api.test" }),
      answers("exact", { host: ["api.test", "[::1]"] }),
    ],
    cases: [
      [host("api.test"), "exact"],
      [host("API.Test"), "exact"],
      [host("api.test:8080"), "exact"],
      [host("api.test."), "exact"],
      [host("api.test.:80"), "exact"],
      [host("[::1]:80"), "exact"],
      [host("v1.api.test"), "wild"],
      [host("a.b.api.test:443"), "wild"],
      [host("xapi.test"), "short"],
      [host("test"), "any"],
      [host("192.0.2.1"), "any"],
      ["GET http://api.test/ HTTP/1.1\r\nHost: x.test\r\n\r\n", "exact"],
      ["GET http://other/ HTTP/1.1\r\nHost: api.test\r\n\r\n", "any"],
      ["GET http://API.test:80?x HTTP/1.1\r\nHost: x.test\r\n\r\n", "exact"],
    ],
  },
  path: {
    routes: [
      answers("any"),
      answers("users", { pathPrefix: "/users" }),
      answers("deep", { pathPrefix: "/users/7/x" }),
      answers("one", { path: "/users/7" }),
      answers("slash", { path: "/users/7/" }),
    ],
    cases: [
      [get("/users"), "users"],
      [get("/users/"), "users"],
      [get("/users?a=/users/7"), "users"],
      [get("/usersx"), "any"],
      [get("/Users"), "any"],
      [get("/users/7"), "one"],
      [get("/users/7?x"), "one"],
      [get("/users/7/"), "slash"],
      [get("/users/%37"), "one"],
      [get("/users/7/x"), "deep"],
      [get("/users/7/xy"), "users"],
      [get("/./users/./7"), "one"],
      ["GET http://a.test/users/7 HTTP/1.1\r\nHost: a.test\r\n\r\n", "one"],
      ["OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n", "any"],
    ],
  },
  methods: {
    routes: [
      answers("any"),
      answers("read", { methods: ["GET"] }),
      answers("write", { methods: ["POST", "PUT", "PURGE"] }),
    ],
    cases: [
      [method("GET"), "read"],
      [method("HEAD"), "read"],
      [method("POST", "Content-Length: 0"), "write"],
      [method("PURGE"), "write"],
      [method("DELETE"), "any"],
      [method("purge"), "any"], // methods are case-sensitive (RFC 9110, 9.1)
    ],
  },
  headers: {
    routes: [
      answers("any"),
      answers("equal", { headers: { "X-Beta": "1" } }),
      answers("absent", { headers: { "X-Beta": "1", "X-Old": { present: false } } }),
      answers("like", { headers: { "X-Tenant": { matches: "^t[0-9]+$" } } }),
      answers("present", { headers: { Authorization: { present: true } } }),
    ],
    cases: [
      [get("/"), "any"],
      [get("/", "x-beta: 1"), "absent"],
      [get("/", "X-BETA: 1", "X-Old:"), "equal"],
      [get("/", "X-Beta: 10"), "any"],
      [get("/", "X-Beta: 1", "X-Beta: 1"), "any"], // two lines are one list: `1, 1`
      [get("/", "X-Tenant: t12"), "like"],
      [get("/", "X-Tenant: xt12"), "any"],
      [get("/", `X-Tenant: t${"1".repeat(1024)}`), "any"],
      [get("/", "Authorization: Basic YTpi"), "present"],
      [get("/", "Authorization:"), "present"],
      [get("/", "X_Beta: 1"), "any"],
    ],
  },
  query: {
    routes: [
      answers("any"),
      answers("two", { query: { v: "2" } }),
      answers("both", { query: { v: "2", debug: { present: true } } }),
      answers("like", { query: { q: { matches: "^a b$" } } }),
    ],
    cases: [
      [get("/?v=2"), "two"],
      [get("/?v=%32"), "two"],
      [get("/?v=3&v=2"), "any"], // the first one counts
      [get("/?v=2&debug"), "both"],
      [get("/?debug&x=y&v=2"), "both"],
      [get("/?V=2"), "any"],
      [get("/?q=a+b"), "like"],
      [get("/?q=a%20b"), "like"],
      [get("/?q=ab"), "any"],
      [get("/v=2"), "any"],
      [get("/?"), "any"],
    ],
  },
  client: {
    routes: [
      answers("any"),
      answers("local", { client: ["127.0.0.1"] }),
      answers("office", { client: ["192.0.2.0/24", "2001:db8::/32"] }),
    ],
    cases: [
      [get("/"), "local"],
      [get("/", "X-Forwarded-For: 192.0.2.9"), "office"],
      [get("/", "X-Forwarded-For: 192.0.2.9:4711"), "office"],
      [get("/", "X-Forwarded-For: 192.0.2.9, 198.51.100.1"), "any"],
      [get("/", "X-Forwarded-For: 192.0.2.9", "X-Forwarded-For: 198.51.100.1"), "any"],
      [get("/", "X-Forwarded-For: 198.51.100.1, 192.0.2.9, 127.0.0.1"), "office"],
      [get("/", "X-Forwarded-For: [2001:db8::1]:80"), "office"],
      [get("/", "X-Real-IP: 192.0.2.9"), "local"],
    ],
  },
};

forEachConfiguredEngine(({ engine, start, test }) => {
  for (const [what, { routes, cases }] of Object.entries(TABLES)) {
    test(`routes: ${what}: each request gets the route that takes it`, async () => {
      const trustedProxies = ["127.0.0.0/8"];
      await using balancer = await start({ pools: NOWHERE, trustedProxies, routes });
      for (const [text, gets] of cases) {
        const response = await request(balancer.port, text);
        assertEquals([response.status, response.field("x-route")], [200, gets], text);
      }
    });
  }

  test("routes: X-Forwarded-For of a peer that is not trusted leads nowhere", async () => {
    const { routes } = TABLES["client"]!;
    await using balancer = await start({ pools: NOWHERE, routes });
    const response = await request(balancer.port, get("/", "X-Forwarded-For: 192.0.2.9"));
    assertEquals(response.field("x-route"), "local");
  });

  test("routes: requests of one connection that differ in a letter of the host each get their own", async () => {
    const hosts = ["a.test", "b.test", "a.best", "aa.test"];
    await using balancer = await start({
      pools: NOWHERE,
      routes: [
        ...hosts.map((name) => answers(name, { host: name })),
        { name: "others", pool: "nowhere" },
      ],
    });
    using client = await Dialogue.open(balancer.port);
    for (const name of ["a.test", "b.test", "b.test", "a.best", "a.test", "aa.test", "a.test"]) {
      for (const message of [host(name), `GET http://${name}/ HTTP/1.1\r\nHost: b.test\r\n\r\n`]) {
        await client.send(message);
        assertEquals((await client.response()).field("x-route"), name);
      }
    }
    await client.send(host("c.test"));
    assertEquals((await client.response()).status, 503);
  });

  test("routes: each listener has its own", async () => {
    await using balancer = await start({
      listeners: { inside: { port: 8001 }, outside: { port: 8002 }, third: { port: 8003 } },
      pools: NOWHERE,
      routes: [
        answers("inner", { listener: "inside" }),
        answers("outer", { listener: ["outside"], pathPrefix: "/" }),
      ],
    });
    const { inside, outside, third } = balancer.ports;
    assertEquals((await request(inside!, get("/"))).field("x-route"), "inner");
    assertEquals((await request(outside!, get("/"))).field("x-route"), "outer");
    assertEquals((await request(third!, get("/"))).status, 404);
  });

  test("routes: each pool gets the requests of its route, unchanged", async () => {
    await using users = new ScriptedBackend("users");
    await using search = new ScriptedBackend("search");
    await using balancer = await start({
      pools: { users: { backends: ["${users}"] }, search: { backends: ["${search}"] } },
      routes: [{ match: { pathPrefix: "/users" }, pool: "users" }, { pool: "search" }],
    }, { urls: { users: users.url, search: search.url } });
    using client = await Dialogue.open(balancer.port);
    for (
      const [target, name] of [
        ["/users/%37//x?a=//b", "users"],
        ["/find?q=%2Fusers", "search"],
        ["/users", "users"],
      ] as const
    ) {
      await client.send(get(target));
      const response = await client.response();
      assertEquals([response.status, latin1(response.body)], [200, name]);
    }
    assertEquals(users.requests.map(({ target }) => target), ["/users/%37//x?a=//b", "/users"]);
    assertEquals(search.requests.map(({ target }) => target), ["/find?q=%2Fusers"]);
  });

  test("routes: a request that no route takes gets 404, and its connection goes on", async () => {
    await using backend = new ScriptedBackend("users");
    await using balancer = await start({
      pools: { users: { backends: [backend.url] } },
      routes: [{ match: { pathPrefix: "/users" }, pool: "users" }],
    });
    using client = await Dialogue.open(balancer.port);
    for (const path of ["/", "/userss", "/admin"]) {
      await client.send(get(path));
      const response = await client.response();
      assertEquals(response.status, 404);
      assertEquals(response.field("proxy-status"), "roundabout; error=destination_not_found");
      assertEquals(latin1(response.body), "Not found: no route takes this request\n");
    }
    await client.send(get("/users"));
    assertEquals((await client.response()).status, 200);
    assertEquals(backend.requests.length, 1);
    const refused = balancer.entries.slice(0, 3).map(({ status, bytes, refused }) => ({
      status,
      bytes,
      refused,
    }));
    const expected = { status: 404, bytes: 39, refused: "no route takes it" };
    assertEquals(refused, [expected, expected, expected]);
  });

  test("routes: a path that servers read in two ways, to two routes, gets 400", async () => {
    await using backend = new ScriptedBackend("all");
    await using balancer = await start({
      pools: { all: { backends: [backend.url] } },
      routes: [answers("admin", { pathPrefix: "/admin" }), { pool: "all" }],
    });
    const response = await request(balancer.port, get("//admin"));
    assertEquals(response.status, 400);
    assertEquals(
      response.field("proxy-status"),
      'roundabout; error=http_request_error; details="servers read the path in different ways, ' +
        'and it may get different routes"',
    );
    assertEquals((await request(balancer.port, get("/a//b;c"))).status, 200);
    assertEquals(backend.requests.map(({ target }) => target), ["/a//b;c"]);
  });

  if (engine === "tcp") {
    test("routes: an HTTP/1.0 request without Host goes to a route without host", async () => {
      const routes = [answers("any"), answers("exact", { host: "a.test" })];
      await using balancer = await start({ pools: NOWHERE, routes });
      const response = await request(balancer.port, "GET / HTTP/1.0\r\n\r\n");
      assertEquals(response.field("x-route"), "any");
      const named = await request(balancer.port, "GET / HTTP/1.0\r\nHost: A.test\r\n\r\n");
      assertEquals(named.field("x-route"), "exact");
    });
  }
});
