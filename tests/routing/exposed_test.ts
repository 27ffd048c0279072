import { assertEquals } from "@std/assert";
import { assemble } from "../../lib/config/assemble.ts";
import { readJsonc } from "../../lib/config/source/jsonc.ts";
import { checkExposed } from "../../lib/routing/exposed.ts";

const AUTH = { basicAuth: { users: { ops: `$2b$04$${"a".repeat(53)}` } } };

/** The warnings about routes that reach the pool of a guarded one. */
function warningsOf(...routes: readonly object[]): string[] {
  const file = {
    pools: { users: { backends: ["http://a"] }, other: { backends: ["http://b"] } },
    routes: [...routes, { match: { path: "/other" }, pool: "other" }],
  };
  const { problems } = assemble({
    variables: {},
    environment: {},
    file: readJsonc(JSON.stringify(file)),
  }, [checkExposed]);
  return problems.map(({ path, message, severity }) => `${severity} ${path.join(".")} ${message}`)
    .filter((text) => text.includes("without the"));
}

const admin = { match: { pathPrefix: "/admin" }, ...AUTH, pool: "users" };
const rest = { pool: "users" };

for (
  const [what, routes, found] of [
    ["the rest beside a guarded prefix, which takes all of its own", [admin, rest], 0],
    ["the rest if the guarded prefix takes only GET", [{
      ...admin,
      match: { ...admin.match, methods: ["GET"] },
    }, rest], 1],
    ["an exact host, which comes before a guarded prefix of all hosts", [admin, {
      match: { host: "a.test" },
      pool: "users",
    }], 1],
    ["a longer prefix below a guarded one", [admin, {
      match: { pathPrefix: "/admin/x" },
      pool: "users",
    }], 1],
    ["the same to another pool", [admin, { match: { pathPrefix: "/admin/x" }, pool: "other" }], 0],
    ["another host", [{ ...admin, match: { host: "a.test" } }, {
      match: { host: "b.test" },
      pool: "users",
    }], 0],
    ["a longer prefix with a password of its own", [admin, {
      match: { pathPrefix: "/admin/x" },
      ...AUTH,
      pool: "users",
    }], 0],
    ["a longer prefix with addresses instead of a password", [admin, {
      match: { pathPrefix: "/admin/x" },
      allow: ["10.0.0.0/8"],
      pool: "users",
    }], 1],
    ["a redirect", [admin, { match: { pathPrefix: "/admin/x" }, redirect: { host: "a.test" } }], 0],
    ["a side of a split", [admin, {
      match: { pathPrefix: "/admin/x" },
      split: { users: 1, other: 1 },
    }], 1],
  ] as const
) {
  Deno.test(`exposed: ${what}: ${found} warnings`, () => {
    assertEquals(warningsOf(...routes).length, found);
  });
}

Deno.test("exposed: the warning names both routes, the pool and what is missing", () => {
  assertEquals(
    warningsOf({ ...admin, name: "staff", deny: [] }, {
      match: { pathPrefix: "/admin/x" },
      pool: "users",
    }),
    [
      "warning routes.1 reaches the pool users without the deny and basicAuth of routes[0] (staff), " +
      "whose host and path overlap",
    ],
  );
});
