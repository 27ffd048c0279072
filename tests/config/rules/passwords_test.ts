import { assertEquals } from "@std/assert";
import { problemsOfText } from "../../support/configuration_file.ts";

const HASH = "$2b$10$mvDx6Ab7QQMfr.dzTRyJmO2kjsMX/dbLQedek3C./H/Mi5LjuasUC";

/** The warnings about a route with passwords. @param others settings beside pools and routes */
async function warningsOf(others: object, match: object = {}): Promise<string> {
  const { errors, warnings } = await problemsOfText(JSON.stringify({
    ...others,
    pools: { a: { backends: ["http://a:80"] } },
    routes: [{ match, basicAuth: { realm: "r", users: { ops: HASH } }, pool: "a" }],
  }));
  assertEquals(errors, "");
  return warnings.split("\n", 1)[0]!.replace(/^.* warning: /, "");
}

const WARNING =
  "routes[0].basicAuth receives passwords that others can read: the listener http has no tls";

for (
  const [what, others, match, expected] of [
    ["a listener without TLS", {}, {}, WARNING],
    ["one on loopback", { listeners: { http: { host: "127.0.0.1" } } }, {}, ""],
    [
      "one that redirects to https",
      {
        engine: "tcp",
        listeners: {
          http: { port: 8080, redirectToHttps: true },
          https: { port: 8443, tls: { certificates: [{ cert: "a.pem", key: "a.key" }] } },
        },
      },
      {},
      "",
    ],
    ["one behind trusted proxies", { trustedProxies: ["10.0.0.0/8"] }, {}, ""],
    [
      "one of two, on loopback",
      { listeners: { http: { port: 8080 }, inner: { host: "::1", port: 8081 } } },
      { listener: "inner" },
      "",
    ],
    [
      "one of two, on every address",
      { listeners: { inner: { host: "::1", port: 8081 }, http: { port: 8080 } } },
      {},
      WARNING,
    ],
  ] as const
) {
  Deno.test(`passwords: a route with passwords that comes in at ${what}: ${expected ? "a" : "no"} warning`, async () => {
    assertEquals(await warningsOf(others, match), expected);
  });
}
