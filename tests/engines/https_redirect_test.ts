/** Listeners that redirect to https, before any route. */
import { assertEquals } from "@std/assert";
import { forEachConfiguredEngine } from "../support/configured.ts";
import { Dialogue, request } from "../support/raw_client.ts";
import { deadPort } from "../support/dead_port.ts";
import { latin1 } from "../support/strict_parser.ts";

const FILE = {
  trustedProxies: ["127.0.0.1"],
  listeners: { http: { port: 8080 }, other: { port: 8081 } },
  pools: { nowhere: { backends: [`http://127.0.0.1:${deadPort()}`] } },
  routes: [
    { match: { path: "/closed" }, deny: ["0.0.0.0/0"], pool: "nowhere" },
    { respond: { status: 200, body: "routed" } },
  ],
};
const TO_443 = { httpsPorts: new Map([["http", 443]]) };
const TO_8443 = { httpsPorts: new Map([["http", 8443]]) };

const get = (target: string, ...lines: string[]) =>
  [`GET ${target} HTTP/1.1`, ...lines, "", ""].join("\r\n");

forEachConfiguredEngine(({ engine, start, test }) => {
  test("redirects to https: the host and the target are kept, and the port is that of https, if it is not 443", async () => {
    await using usual = await start(FILE, TO_443);
    await using other = await start(FILE, TO_8443);
    for (
      const [target, host, rest] of [
        ["/", "a.test", "a.test/"],
        ["/a?b=%20c&d", "a.test:8080", "a.test/a?b=%20c&d"],
        ["/closed", "a.test", "a.test/closed"],
        ["/a", "[2001:db8::1]:80", "[2001:db8::1]/a"],
        ["//evil.test/x", "a.test", "a.test//evil.test/x"],
        ["http://b.test/x", "a.test", "b.test/x"],
      ] as const
    ) {
      for (const { port, suffix } of [{ ...usual, suffix: "" }, { ...other, suffix: ":8443" }]) {
        const response = await request(port, get(target, `Host: ${host}`));
        const location = `https://${rest.replace(/(?=\/)/, suffix)}`;
        assertEquals([response.status, response.field("location")], [308, location], target);
        assertEquals(response.field("strict-transport-security"), undefined);
      }
    }
  });

  test("redirects to https: it has a text, Proxy-Status and an entry in the log without a route", async () => {
    await using balancer = await start(FILE, TO_443);
    const response = await request(balancer.port, get("/", "Host: a.test"));
    assertEquals(latin1(response.body), "Permanent Redirect\n");
    assertEquals(response.field("proxy-status"), "roundabout");
    const [{ status, refused, route }] = balancer.entries as [typeof balancer.entries[0]];
    assertEquals([status, refused, route], [308, "its listener redirects to https", undefined]);
  });

  test("redirects to https: a POST is told to come again as one, and its body is not waited for", async () => {
    await using balancer = await start(FILE, TO_443);
    using client = await Dialogue.open(balancer.port);
    await client.send("POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\nbegin");
    const response = await client.response();
    assertEquals([response.status, response.field("location")], [308, "https://a.test/a"]);
  });

  test("redirects to https: a request that came over TLS to a trusted proxy is served", async () => {
    await using balancer = await start(FILE, TO_443);
    for (
      const [proto, status] of [["https", 200], ["HTTPS, http", 200], ["http", 308], [
        "",
        308,
      ]] as const
    ) {
      const response = await request(
        balancer.port,
        get("/", "Host: a.test", `X-Forwarded-Proto: ${proto}`),
      );
      assertEquals(response.status, status, proto);
    }
  });

  test("redirects to https: an untrusted peer's word does not count", async () => {
    await using balancer = await start({ ...FILE, trustedProxies: [] }, TO_443);
    const text = get("/", "Host: a.test", "X-Forwarded-Proto: https");
    assertEquals((await request(balancer.port, text)).status, 308);
  });

  test("redirects to https: ACME's tokens are asked for without it, and nothing else below their path", async () => {
    await using balancer = await start(FILE, TO_443);
    for (
      const [target, status] of [
        ["/.well-known/acme-challenge/LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0", 200],
        ["/.well-known/acme-challenge/a-b_c", 200],
        ["/.well-known/acme-challenge/", 308],
        ["/.well-known/acme-challenge", 308],
        ["/.well-known/acme-challenge/a/b", 308],
        ["/.well-known/acme-challenge/%2e%2e", 308],
        ["/.well-known/acme-challenge/a?b", 308],
        ["/x/.well-known/acme-challenge/a", 308],
      ] as const
    ) {
      const response = await request(balancer.port, get(target, "Host: a.test"));
      assertEquals(response.status, status, target);
    }
  });

  test("redirects to https: other listeners serve", async () => {
    await using balancer = await start(FILE, TO_443);
    const response = await request(balancer.ports["other"]!, get("/", "Host: a.test"));
    assertEquals([response.status, latin1(response.body)], [200, "routed"]);
  });

  test("redirects to https: what is not valid is answered as ever", async () => {
    await using balancer = await start(FILE, TO_443);
    const { status } = await request(balancer.port, get("/", "Host: a b"));
    assertEquals(status, 400);
    if (engine === "web") return; // Deno.serve makes up a Host
    const old = await request(balancer.port, "GET / HTTP/1.0\r\n\r\n");
    assertEquals([old.status, old.field("location")], [400, undefined]);
  });
});
