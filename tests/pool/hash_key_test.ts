import { assertEquals } from "@std/assert";
import type { HashOn } from "../../lib/config/model.ts";
import { createHashKey } from "../../lib/pool/hash_key.ts";
import { facts } from "../support/fakes.ts";

const FIELDS: Record<string, string> = {
  "x-user": "ada",
  "cookie": "theme=dark; session=s1; session=s2",
  "x-forwarded-for": "198.51.100.1",
};

const key = (on: HashOn, given: Parameters<typeof facts>[0] = {}, trusted = false) =>
  createHashKey(on, () => trusted)(
    facts({ header: (name) => FIELDS[name.toLowerCase()], ...given }),
  );

Deno.test("hash key: by address it is the client's address", () => {
  assertEquals(key({ by: "address" }), "192.0.2.1");
});

Deno.test("hash key: behind a trusted proxy it is the client's address, not the proxy's", () => {
  const isTrusted = (address: string) => address === "192.0.2.1";
  const request = facts({ header: (name) => FIELDS[name] });
  assertEquals(createHashKey({ by: "address" }, isTrusted)(request), "198.51.100.1");
});

Deno.test("hash key: by path it is the path without the query", () => {
  assertEquals(key({ by: "path" }, { path: "/a/b?c=/d?e" }), "/a/b");
  assertEquals(key({ by: "path" }, { path: "/a/b" }), "/a/b");
});

Deno.test("hash key: by header or cookie it is the value, the first one of several cookies", () => {
  assertEquals(key({ by: "header", name: "X-User" }), "ada");
  assertEquals(key({ by: "cookie", name: "session" }), "s1");
});

Deno.test("hash key: without the header or the cookie it is the client's address", () => {
  for (const by of ["header", "cookie"] as const) {
    assertEquals(key({ by, name: "missing" }), "192.0.2.1");
    assertEquals(key({ by, name: "session" }, { header: () => "" }), "192.0.2.1");
    assertEquals(
      key({ by, name: "session" }, { header: () => "session=" }),
      {
        header: "session=",
        cookie: "192.0.2.1",
      }[by],
    );
  }
});
