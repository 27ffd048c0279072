import { assertEquals } from "@std/assert";
import { policyOf } from "../support/fakes.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { request } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

forEachEngine(({ engine, balance, test }) => {
  test("internal faults: a client whose request fails by one before it is answered gets 500", async () => {
    await using backend = new ScriptedBackend("a");
    const policy = {
      ...policyOf("round_robin"),
      pick: () => {
        throw new Error("a fault of a policy");
      },
    };
    await using balancer = balance([backend.url], { pool: { policy } });
    const response = await request(balancer.port, GET);
    assertEquals(
      [response.status, response.field("proxy-status")],
      [500, "roundabout; error=proxy_internal_error"],
    );
    assertEquals(balancer.errors.splice(0).map(String), ["Error: a fault of a policy"]);
  });

  if (engine !== "tcp") return;

  test("internal faults: a client whose answer cannot be put together gets 500", async () => {
    await using backend = new ScriptedBackend("a");
    const sticky = { cookieFor: () => "x".repeat(10_000), find: () => undefined };
    await using balancer = balance([backend.url], { pool: { sticky: sticky as never } });
    const response = await request(balancer.port, GET);
    assertEquals([response.status, balancer.errors.splice(0).length], [500, 1]);
    assertEquals(balancer.pool.backends[0]!.inFlight, 0);
  });
});
