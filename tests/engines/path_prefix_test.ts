/** A backend whose URL has a path serves only what lies below it, in both engines. */
import { assertEquals } from "@std/assert";
import { explainUnforwardable } from "../../lib/http/request_target.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { forwardedBy, get } from "../support/forwarded.ts";
import { request } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const REASON = "the path has dot segments that climb above its beginning";

/** Targets that some server reads as /admin if they stand behind /public. */
const CLIMBING = [
  "/../admin",
  "/%2e%2e/admin",
  "/.%2e/admin",
  "/..%2fadmin",
  "/..%5cadmin",
  "/..\\admin",
  "/..;/admin",
  "//../admin",
  "/a//../../admin",
  "/a%2fb/../../admin",
  "/%252e%252e/admin",
  "/%c0%ae%c0%ae/admin",
  "/.%00./admin",
  "http://b.test/../admin",
  "http://a.test/..%2fadmin",
];

/** Targets that stay below it, or say nothing of it. */
const STAYING = [
  "/a/..%2fb",
  "/a/..;/b",
  "/a%2f..%2fb",
  "/a?/../../b",
  "/a?../..%2f",
  "/a/%252e%252e/b",
  "/.../..a/b..",
  "/%zz%00",
];

/** The same, which fetch could not carry (docs/engines.md). */
const STAYING_ON_TCP = ["/a/../b", "/a/%2e%2e/b", "/a/b/..", "/a/./b", "/a\\..\\b"];

forEachEngine(({ engine, balance, test }) => {
  const forwarded = forwardedBy(balance);

  for (const target of CLIMBING) {
    test(`path prefix: ${target} is answered 400 and logged, and reaches no backend`, async () => {
      await using backend = new ScriptedBackend("a");
      await using plain = new ScriptedBackend("b");
      // Whichever of them is picked.
      await using balancer = balance([plain.url, `${backend.url}/public`]);
      const { status, field } = await request(balancer.port, get(target));
      assertEquals([status, plain.connections, backend.connections], [400, 0, 0]);
      assertEquals(
        field("proxy-status"),
        `roundabout; error=http_request_error; details="${REASON}"`,
      );
      const [entry] = balancer.entries;
      assertEquals([entry?.method, entry?.status, entry?.refused], ["GET", 400, REASON]);
    });
  }

  for (const target of engine === "tcp" ? [...STAYING, ...STAYING_ON_TCP] : STAYING) {
    test(`path prefix: ${target} reaches the backend unchanged`, async () => {
      const { response, seen } = await forwarded(get(target), { prefix: "/public" });
      assertEquals([response.status, seen.target], [200, `/public${target}`]);
    });
  }

  test("path prefix: without one, dot segments are the backend's business", async () => {
    const carried = CLIMBING.filter((target) =>
      engine === "tcp" || explainUnforwardable(target) === undefined
    );
    for (const target of carried) {
      const { response, seen } = await forwarded(get(target));
      assertEquals([response.status, seen.target], [200, target.replace(/^http:\/\/[^/]+/, "")]);
    }
  });
});
