import { assertEquals } from "@std/assert";
import { forEachEngine } from "../support/each_engine.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { Dialogue } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

forEachEngine(({ balance, test }) => {
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`;

  /** A balancer with room for one request, and a request that takes it until it is released. */
  async function overloaded(stack: AsyncDisposableStack) {
    const paths: string[] = [];
    const taken = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const backend = stack.use(
      new RawBackend(async (side) => {
        const path = (await side.until("\r\n\r\n")).split(" ")[1]!;
        paths.push(path);
        if (path === "/slow") {
          taken.resolve();
          await released.promise;
        }
        await side.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      }),
    );
    const balancer = stack.use(balance([backend.url], { maxInFlight: 1 }));
    const slow = stack.use(await Dialogue.open(balancer.port));
    await slow.send(get("/slow"));
    await taken.promise;
    stack.defer(released.resolve);
    return { balancer, paths, release: released.resolve };
  }

  test("overload: a request over MAX_IN_FLIGHT is answered 503 at once, with the reason", async () => {
    await using stack = new AsyncDisposableStack();
    const { balancer, paths } = await overloaded(stack);
    using client = await Dialogue.open(balancer.port);
    await client.send(get("/v?x"));
    const { status, body, field } = await client.response();
    assertEquals([status, new TextDecoder().decode(body)], [503, "Service not available\n"]);
    assertEquals(field("retry-after"), "1");
    assertEquals(
      field("proxy-status"),
      'roundabout; error=http_request_denied; details="limits.inFlight is reached"',
    );
    assertEquals(paths, ["/slow"]);
    const entries = balancer.entries.map(({ path, status, attempts, refused }) => [
      path,
      status,
      attempts,
      refused,
    ]);
    assertEquals(entries, [["/v?x", 503, [], "limits.inFlight is reached"]]);
  });

  test("overload: the connection of a refused request goes on, and is served once there is room", async () => {
    await using stack = new AsyncDisposableStack();
    const { balancer, release } = await overloaded(stack);
    using client = await Dialogue.open(balancer.port);
    await client.send(get("/v"));
    assertEquals((await client.response()).status, 503);
    release();
    for (let status = 503; status !== 200; status = (await client.response()).status) {
      await client.send(get("/v"));
    }
  });

  test("overload: the operator is warned once, not for each request", async () => {
    await using stack = new AsyncDisposableStack();
    const { balancer } = await overloaded(stack);
    using client = await Dialogue.open(balancer.port);
    for (let i = 0; i < 3; i++) {
      await client.send(get("/v"));
      assertEquals((await client.response()).status, 503);
    }
    assertEquals(balancer.warnings, [
      "limits.inFlight is reached: further requests are answered 503",
    ]);
  });

  test("overload: a request that is refused for its head, or answered here, takes no room", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url], { maxInFlight: 1 });
    for (let i = 0; i < 3; i++) {
      using client = await Dialogue.open(balancer.port);
      await client.send("TRACE / HTTP/1.1\r\nHost: a.test\r\n\r\n");
      assertEquals((await client.response()).status, 405);
      using other = await Dialogue.open(balancer.port);
      await other.send("OPTIONS / HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 0\r\n\r\n");
      assertEquals((await other.response()).status, 204);
    }
    using client = await Dialogue.open(balancer.port);
    await client.send(get("/v"));
    assertEquals((await client.response()).status, 200);
  });
});
