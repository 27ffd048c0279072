import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isAuthority } from "../../lib/http/authority.ts";
import { locationOf, type Redirect } from "../../lib/routing/location.ts";

const redirect = (given: Partial<Redirect>): Redirect => ({
  scheme: undefined,
  host: undefined,
  port: undefined,
  path: undefined,
  status: 302,
  ...given,
});

for (
  const [given, host, path, expected] of [
    [{ host: "b.test" }, "a.test", "/x?y", "http://b.test/x?y"],
    [{ host: "b.test" }, "a.test:81", "/", "http://b.test/"],
    [{ host: "2001:db8::1" }, "a.test", "/", "http://[2001:db8::1]/"],
    [{ port: 81 }, "[::1]:80", "/", "http://[::1]:81/"],
    [{ port: 80 }, "a.test:81", "/", "http://a.test/"],
    [{ scheme: "https" }, "a.test:81", "/", "https://a.test/"],
    [{ scheme: "https", port: 8443 }, "a.test:81", "/", "https://a.test:8443/"],
    [{ scheme: "http", path: "/n" }, "a.test:81", "/", "http://a.test:81/n"],
    [{ path: "/n" }, "a.test:", "/?q", "http://a.test/n?q"],
    [{ path: "/n?z" }, "a.test", "/?q", "http://a.test/n?z"],
    [{ path: "/n" }, "a.test", "/caf\u00e9?\u00e9", "http://a.test/n?%C3%A9"],
  ] as const
) {
  Deno.test(`location: ${JSON.stringify(given)} at ${host}${path} leads to ${expected}`, () => {
    const visited = { scheme: "http", host, path } as const;
    assertEquals(locationOf(redirect(given), visited), expected);
  });
}

Deno.test("location: it is a valid absolute URL, all visible ASCII, and the query is kept", () => {
  const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
  const given = fc.record({
    scheme: optional(fc.constantFrom("http" as const, "https" as const)),
    host: optional(fc.constantFrom("b.test", "::1", "192.0.2.1", "x_y")),
    port: optional(fc.constantFrom(80, 443, 8443)),
    path: optional(fc.constantFrom("/", "/new", "/a?b")),
    status: fc.constant(302),
  });
  const visited = fc.record({
    scheme: fc.constantFrom("http" as const, "https" as const),
    host: fc.constantFrom(
      "a.test",
      "A.test:8080",
      "[::1]",
      "[2001:db8::1]:81",
      "a.test:",
      "192.0.2.1:80",
    ),
    path: fc.tuple(
      fc.string({
        unit: fc.constantFrom(
          "a",
          "/",
          "%",
          "\u00e9",
          "\ud800",
          " ",
          "\\",
          '"',
          "<",
          "#",
          "\r",
          "\n",
        ),
      }),
      fc.constantFrom("", "?", "?a=b", "?\u00e9=\ud800"),
    ).map(([path, query]) => `/${path}${query}`),
  });
  fc.assert(
    fc.property(given, visited, (given, visited) => {
      assert(isAuthority(visited.host));
      const location = locationOf(given, visited);
      assert(/^https?:\/\/[\x21-\x7e]+$/.test(location), location);
      const url = new URL(location);
      assertEquals(url.protocol, `${given.scheme ?? visited.scheme}:`);
      assertEquals([url.username, url.password], ["", ""]);
      const host = given.host ?? visited.host.replace(/:\d*$/, "");
      assertEquals(
        url.hostname,
        new URL(`http://${host.includes("::") && !host.startsWith("[") ? `[${host}]` : host}`)
          .hostname,
      );
    }),
    { seed: 20261127, numRuns: 3000 },
  );
});
