import { parseRequestText } from "../../lib/config/values/request_text.ts";
import { assertEquals } from "@std/assert";
import type { RouteConfig } from "../../lib/config/model.ts";
import { loadConditionTools } from "../../lib/routing/tools.ts";
import { type TriedRequest, tryRequest, usualListener } from "../../lib/routing/try_request.ts";
import { configurationOf } from "../support/configuration_file.ts";

/** The routes of a file with two pools. */
async function routesOf(routes: string): Promise<readonly RouteConfig[]> {
  const pools = '"users": { "backends": ["http://a"] }, "next": { "backends": ["http://b"] }';
  return (await configurationOf(`{ "pools": { ${pools} }, "routes": ${routes} }`)).routes;
}

/** What comes of a request. */
async function answerTo(routes: string, text: string, others: Partial<TriedRequest> = {}) {
  const all = await routesOf(routes);
  const tools = await loadConditionTools(all.map(({ match }) => match));
  const request = {
    client: "192.0.2.1",
    listener: "http",
    headers: {},
    ...parseRequestText(text)!,
  };
  return tryRequest(all, { ...request, ...others }, tools);
}

for (
  const [text, expected] of [
    ["GET http://a.test/b?c=1", { method: "GET", scheme: "http", host: "a.test", path: "/b?c=1" }],
    [" POST  https://a.test:8443 ", {
      method: "POST",
      scheme: "https",
      host: "a.test:8443",
      path: "/",
    }],
    ["http://[::1]:80?a", { method: "GET", scheme: "http", host: "[::1]:80", path: "/?a" }],
    ["https://a/%2e%2E/b", { method: "GET", scheme: "https", host: "a", path: "/%2e%2E/b" }],
    ["/a", undefined],
    ["GET a.test/b", undefined],
    ["ftp://a", undefined],
    ["GET http://", undefined],
    ["GET http://bob@a/", undefined],
    ["GET http://a/b#c", undefined],
    ["", undefined],
  ] as const
) {
  Deno.test(`try request: ${JSON.stringify(text)} is ${expected ? "a request" : "no request"}`, () => {
    assertEquals(parseRequestText(text), expected);
  });
}

Deno.test("try request: a request that no route takes is answered 404", async () => {
  const answer = await answerTo('[{ "match": { "path": "/a" }, "pool": "users" }]', "http://x/b");
  assertEquals([answer.status, answer.route, answer.pools, answer.note], [
    404,
    undefined,
    [],
    "no route takes it",
  ]);
});

Deno.test("try request: a path that servers read in two ways is answered 400, with both of them", async () => {
  const routes = '[{ "match": { "pathPrefix": "/admin" }, "pool": "next" }, { "pool": "users" }]';
  const answer = await answerTo(routes, "http://x/%2fadmin");
  assertEquals([answer.status, answer.pools], [400, []]);
  assertEquals(
    answer.note,
    "lenient servers read the path /%2Fadmin as /admin, which does not have the same route",
  );
});

Deno.test("try request: the backend gets the path, the Host and the headers as the route makes them", async () => {
  const routes = `[{
    "name": "api", "match": { "pathPrefix": "/api" }, "pool": "users", "stripPrefix": true, "rewriteHost": "b.test:81",
    "requestHeaders": { "set": { "X-From": "{client} {method} {route} {host}{path}" }, "add": { "X-Tag": "b" }, "remove": ["X-Debug"] }
  }]`;
  const answer = await answerTo(routes, "GET http://a.test/api/users?x=1", {
    headers: { "x-debug": "1", "X-From": "me", "x_from": "me", "X-Tag": "a" },
  });
  assertEquals([answer.route, answer.pools, answer.path, answer.status], [
    "api",
    ["users"],
    "/users",
    undefined,
  ]);
  assertEquals(answer.headers, {
    "host": "b.test:81",
    "x-from": "192.0.2.1 GET api a.test/api/users",
    "x-tag": "a, b",
    "x-forwarded-prefix": "/api",
  });
});

for (
  const [change, path] of [
    ["", "/api/users"],
    ['"stripPrefix": true,', "/users"],
    ['"replacePrefix": "/v2",', "/v2/users"],
    ['"replacePrefix": "/",', "/users"],
  ] as const
) {
  Deno.test(`try request: with ${change || "no change"} the backend gets ${path}`, async () => {
    const routes = `[{ "match": { "pathPrefix": "/api" }, ${change} "pool": "users" }]`;
    assertEquals((await answerTo(routes, "http://a/api/users?b")).path, path);
  });
}

Deno.test("try request: a redirect has its status and its Location", async () => {
  const routes = '[{ "redirect": { "scheme": "https", "host": "www.test", "status": 308 } }]';
  const { status, location, headers, pools } = await answerTo(routes, "http://a:80/b?c=1");
  assertEquals([status, location, pools], [308, "https://www.test/b?c=1", []]);
  assertEquals(headers, { location: "https://www.test/b?c=1" });
});

Deno.test("try request: a response has its status and its headers", async () => {
  const routes =
    '[{ "name": "down", "respond": { "status": 503, "headers": { "X-Route": "{route}", "Retry-After": "5" } } }]';
  const { status, headers, path } = await answerTo(routes, "http://a/");
  assertEquals([status, path], [503, undefined]);
  assertEquals(headers, { "x-route": "down", "retry-after": "5" });
});

const SPLIT = '[{ "split": { "users": 50, "next": 50 }, "splitOn": "cookie:side" }]';

for (
  const [cookie, pools] of [
    [undefined, ["users", "next"]],
    ["side=0", ["users"]],
    ["side=9999", ["next"]],
    ["side=none", ["users", "next"]],
    ["other=0", ["users", "next"]],
  ] as const
) {
  Deno.test(`try request: a split request with the cookie ${cookie} may go to ${pools.join(" or ")}`, async () => {
    const answer = await answerTo(SPLIT, "http://a/", {
      headers: cookie === undefined ? {} : { Cookie: cookie },
    });
    assertEquals(answer.pools, pools);
  });
}

Deno.test("try request: a pool with the weight 0 gets nothing", async () => {
  const routes = '[{ "split": { "users": 0, "next": 5 } }]';
  assertEquals((await answerTo(routes, "http://a/")).pools, ["next"]);
});

Deno.test("try request: it comes in at the first listener of its scheme, or else at the first one", () => {
  const plain = { host: "::", port: 80, proxyProtocol: false, redirectToHttps: false } as const;
  const tls = {
    certificates: [],
    clientAuth: "required",
    clientAuthorities: undefined,
    minVersion: "1.2",
    hsts: 0,
  } as const;
  const listeners = { a: plain, b: { ...plain, tls }, c: { ...plain, tls } };
  assertEquals([usualListener(listeners, "http"), usualListener(listeners, "https")], ["a", "b"]);
  assertEquals(usualListener({ a: plain }, "https"), "a");
});
