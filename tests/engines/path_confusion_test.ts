/**
 * A route keeps clients from `/admin`, all else goes to a backend. However a client spells the path, it must
 * get the answer of that route or a refusal: nothing reaches the backend that some server reads as below
 * `/admin`.
 */
import { assert, assertEquals } from "@std/assert";
import { forEachConfiguredEngine } from "../support/configured.ts";
import { readings } from "../support/lenient_servers.ts";
import { bytesOf, exchangeBytes, responsesOf } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

/** Targets as they stand in a request line, one byte per character. */
const SPELLINGS = [
  // as it is
  "/admin",
  "/admin/",
  "/admin/users?x",
  "/admin?/../x",
  "http://a.test/admin",
  "http://a.test:80/admin/x",
  "HTTP://A.TEST/admin",
  "http://b.test//admin",
  "http://b.test/x/../admin",
  "http://b.test/..;/admin",
  "http://b.test\\admin",
  "http://a.test/%61dmin",
  "//a.test/admin",
  "///a.test/admin",
  "/\\a.test/admin",
  "//a.test\\admin",
  "//x@y:1/admin",
  // escapes
  "/%61dmin",
  "/%61%64%6d%69%6e",
  "/%2561dmin",
  "/%252561dmin",
  "/%%36%31dmin",
  "/%u0061dmin",
  "/%25u0061dmin",
  "/admin%2f",
  "/admin%2Fusers",
  "/%2fadmin",
  "/%2f%2fadmin",
  "/admin%252fx",
  "/%5cadmin",
  "/%255cadmin",
  "/%2fadmin%2f..%2fx",
  // slashes
  "//admin",
  "///admin//x",
  "/./admin",
  "/.//admin",
  "/\\admin",
  "\\admin",
  "/admin\\x",
  "/\\..\\admin",
  "\\..\\admin",
  "/\\/admin",
  // dots
  "/../admin",
  "/x/../admin",
  "/admin/../x",
  "/admin/../../admin",
  "/x/%2e%2e/admin",
  "/x/.%2e/admin",
  "/x/%2e./admin",
  "/x/%252e%252e/admin",
  "/x/..%2fadmin",
  "/x/..%5cadmin",
  "/x%2f..%2fadmin",
  "/x/..%252fadmin",
  "/x/..%255c..%255cadmin",
  "/.../admin",
  "/x/.../../admin",
  "/x/..../../admin",
  "/y/..%2fadmin/x%2f%2f../..",
  "/admin.",
  "/admin..",
  "/admin%2e",
  "/admin./x",
  "/../admin.",
  "/%2e/admin",
  "/.;/admin",
  "/.%20/admin",
  "/x/..%20/admin",
  "/x/.%09./admin",
  // parameters
  "/;/admin",
  "/;x=y/admin",
  "/admin;x",
  "/admin;/x",
  "/admin;jsessionid=1/x",
  "/x/..;/admin",
  "/x/..;a=b/admin",
  "/%2e%2e;/admin",
  "/x/%2e%2e;/admin",
  "/..;/..;/admin",
  "/admin%3b",
  "/admin%3bx/y",
  "/x/..%3b/admin",
  "/;%2fadmin",
  "/admin;%2f..%2fx",
  // where a path ends
  "/admin%00",
  "/admin%00.png",
  "/admin%00/x",
  "/x/%00/../admin",
  "/admin%2500",
  "/admin%3f",
  "/admin%3fx=y",
  "/admin%23",
  "/admin%23/../x",
  "/admin#",
  "/admin#x",
  "/x#/../admin",
  "/x#/../../admin",
  "/admin#/..",
  // blanks and control characters
  "/admin%20",
  "/admin%09",
  "/%20/admin",
  "/%20admin",
  "/%09admin",
  "/ad%0amin",
  "/ad%0d%0amin",
  "/%0d%0a/admin",
  "/admin%7f",
  "/\tadmin",
  "/ad\tmin",
  "/admin\t",
  "/admin\x0b",
  "/admin\0",
  "/\x01admin",
  // bytes above ASCII
  "/%c0%afadmin",
  "/x/%c0%ae%c0%ae/admin",
  "/%e0%80%afadmin",
  "/%f0%80%80%afadmin",
  "/%f8%80%80%80%afadmin",
  "/%c1%a1dmin",
  "/%c0%2fadmin",
  "/x/%c0%ae%c0%ae%c0%afadmin",
  "/%25c0%25afadmin",
  "/\xc0\xafadmin",
  "/x/\xc0\xae\xc0\xae/admin",
  "/x/..\xc0\xafadmin",
  "/%ef%bc%8fadmin",
  "/x/%ef%bc%8e%ef%bc%8e/admin",
  "/x/..%uff0fadmin",
  "/x/..%u2215admin",
  "/\xef\xbc\x8fadmin",
  // files of Windows
  "/admin::$DATA",
  "/admin:$i30:$INDEX_ALLOCATION/x",
  "/admin%3a%3a%24DATA",
];

/** Sends one request. @returns its status; 0 if the connection was closed without an answer */
async function statusOf(port: number, target: string): Promise<number> {
  const text = `GET ${target} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`;
  const received = await exchangeBytes(port, bytesOf(text), 2_000);
  const [response] = responsesOf(received);
  return response?.status ?? 0;
}

forEachConfiguredEngine(({ start, test }) => {
  for (
    const [answer, status] of [
      [{ respond: { status: 403, body: "no\n" } }, 403],
      [{ redirect: { host: "login.test", path: "/" } }, 302],
    ] as const
  ) {
    test(`path confusion: no spelling of /admin leads around the route that answers ${status}`, async () => {
      await using backend = new ScriptedBackend("all");
      await using balancer = await start({
        pools: { all: { backends: [backend.url] } },
        routes: [{ match: { pathPrefix: "/admin" }, ...answer }, { pool: "all" }],
      });
      for (const target of SPELLINGS) {
        const sent = backend.requests.length;
        const got = await statusOf(balancer.port, target);
        const isRefusal = got === status || got === 400 || got === 0;
        assert(isRefusal && backend.requests.length === sent, `${target} gets ${got}`);
      }
      assertEquals(backend.requests, []);
      assertEquals(await statusOf(balancer.port, "/x"), 200);
    });
  }

  test("path confusion: an exact path is kept as well", async () => {
    await using backend = new ScriptedBackend("all");
    await using balancer = await start({
      pools: { all: { backends: [backend.url] } },
      routes: [{ match: { path: "/secret/key" }, respond: { status: 403 } }, { pool: "all" }],
    });
    for (
      const target of [
        "/secret/key",
        "/secret//key",
        "/secret%2fkey",
        "/secret;a/key",
        "/secret/key;%2fx",
        "/secret/key%3f/x",
        "/secret/key%00",
        "/secret/%6bey%20",
        "/secret/x/../key",
        "/secret/.%2fkey",
      ]
    ) {
      const got = await statusOf(balancer.port, target);
      assert(got === 403 || got === 400, `${target} gets ${got}`);
    }
    assertEquals(backend.requests, []);
  });

  test("path confusion: unusual paths that lead elsewhere reach the backend as they are", async () => {
    await using backend = new ScriptedBackend("all");
    await using balancer = await start({
      pools: { all: { backends: [backend.url] } },
      routes: [
        { match: { pathPrefix: "/admin" }, respond: { status: 403 } },
        { pool: "all" },
      ],
    });
    const targets = [
      "/",
      "/administrator",
      "/a/admin",
      "/a;b=/admin",
      "/a//b",
      "/a%2fb%2Fadmin",
      "/a%20b/%C3%A9%25",
      "/a%23b%3Fc",
      "/.well-known/x",
      "/a.b/c.",
      "/x?y=/../admin",
      "/x?%2fadmin",
      "/users:batchGet",
      "/@x/!$&()*+,=~",
      "/caf%e9",
      "/%e3%81%82".repeat(50),
    ];
    for (const target of targets) assertEquals(await statusOf(balancer.port, target), 200, target);
    assertEquals(backend.requests.map(({ target }) => target), targets);
    for (const target of targets) {
      const path = target.split("?")[0]!;
      assert(![...readings(path)].some((reading) => /^\/admin(?:\/|$)/.test(reading)), path);
    }
  });

  test("path confusion: the case of letters matters, as it does in RFC 3986 and for other proxies", async () => {
    await using backend = new ScriptedBackend("all");
    await using balancer = await start({
      pools: { all: { backends: [backend.url] } },
      routes: [
        { match: { pathPrefix: "/admin" }, respond: { status: 403 } },
        { pool: "all" },
      ],
    });
    for (const target of ["/ADMIN", "/Admin/x", "/%41dmin"]) {
      assertEquals(await statusOf(balancer.port, target), 200);
    }
    assertEquals(backend.requests.map(({ target }) => target), ["/ADMIN", "/Admin/x", "/%41dmin"]);
  });
});

Deno.test("path confusion: each spelling is one that some server reads as /admin", () => {
  for (const target of SPELLINGS) {
    const path = target.replace(/^http:\/\/[^/\\]*/i, "").replace(/^\\/, "/").replace(/\?.*$/s, "");
    const isRead = [...readings(path)].some((reading) => /^\/admin(?:\/|$)/.test(reading));
    assert(isRead, target);
  }
});
