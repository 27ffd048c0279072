/** Which route and which pool a line of the access log names, if there are several. */
import { assertEquals } from "@std/assert";
import { forEachConfiguredEngine } from "../support/configured.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { Dialogue, request } from "../support/raw_client.ts";
import { deadPort } from "../support/dead_port.ts";
import { pause } from "../support/timing.ts";

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`;

forEachConfiguredEngine(({ start, test }) => {
  test("log routes: a line names the route that was found, and the pool if the request was to go there", async () => {
    const arrived = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    await using backend = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      arrived.resolve();
      await released.promise;
      await side.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    await using balancer = await start({
      limits: { inFlight: 1 },
      pools: {
        users: { backends: [backend.url] },
        dead: { backends: [`http://127.0.0.1:${deadPort()}`] },
      },
      routes: [
        { name: "users", match: { pathPrefix: "/users" }, pool: "users" },
        { name: "dead", match: { pathPrefix: "/dead" }, pool: "dead" },
        { name: "inside", match: { pathPrefix: "/in" }, deny: ["127.0.0.0/8"], pool: "users" },
        { name: "old", match: { path: "/old" }, redirect: { path: "/new" } },
      ],
    });
    const named = async (count: number) => {
      while (balancer.entries.length < count) await pause(2);
      return balancer.entries.splice(0)
        .map(({ path, status, route, pool }) => [path, status, route, pool]);
    };
    for (const path of ["/dead", "/in", "/old", "/none"]) await request(balancer.port, get(path));
    assertEquals(await named(4), [
      ["/dead", 503, "dead", "dead"],
      ["/in", 403, "inside", undefined],
      ["/old", 302, "old", undefined],
      ["/none", 404, undefined, undefined],
    ]);

    using first = await Dialogue.open(balancer.port);
    await first.send(get("/users/1"));
    await arrived.promise;
    await request(balancer.port, get("/users/2"));
    assertEquals(await named(1), [["/users/2", 503, "users", "users"]]);
    released.resolve();
    await first.response();
    assertEquals(await named(1), [["/users/1", 200, "users", "users"]]);
  });
});
