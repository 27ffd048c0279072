import { assert, assertEquals, assertMatch } from "@std/assert";
import { forEachEngine } from "../support/each_engine.ts";
import { forwardedBy, get, values } from "../support/forwarded.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

forEachEngine(({ balance, test }) => {
  const forwarded = forwardedBy(balance);
  const LOOPED = "roundabout; error=proxy_loop_detected";

  test("loops: Via gets the instance's name, after those of other proxies", async () => {
    const options = { instanceName: "edge-1" };
    assertEquals(values((await forwarded(get("/"), options)).seen, "via"), ["1.1 edge-1"]);
    const { seen } = await forwarded(get("/", "Via: 1.0 a", "Via: 2 b (c)"), options);
    assertEquals(values(seen, "via"), ["1.0 a, 2 b (c), 1.1 edge-1"]);
  });

  for (
    const lines of [
      ["Via: 1.1 edge-1"],
      ["Via: 1.0 a, 2 edge-1 (x), 1.1 b"],
      ["Via: 1.1 edge-1", "X-Between: 1", "VIA: 1.1 b"],
      ["Via: 1.1 a", "via: HTTP/1.1 edge-1"],
      ["Via: 1.1 a (not closed", "Via: 1.1 edge-1"],
      ["Connection: via", "Via: 1.1 edge-1"],
      ["Via: 1.1 edge-1", "Expect: something", "Max-Forwards: 3"],
    ]
  ) {
    test(`loops: a request with ${lines.join(" and ")} was here before, and is answered 508`, async () => {
      const { response, backend } = await forwarded(get("/", ...lines), { instanceName: "edge-1" });
      assertEquals([response.status, response.field("proxy-status")], [508, LOOPED]);
      assertMatch(new TextDecoder().decode(response.body), /^Loop detected/);
      assertEquals(backend.requests, []);
    });
  }

  test("loops: a name that only resembles the instance's is forwarded", async () => {
    const options = { instanceName: "edge-1" };
    const { response } = await forwarded(get("/", "Via: 1.1 edge-10, 1.1 a (edge-1)"), options);
    assertEquals(response.status, 200);
  });

  test("loops: a balancer that names itself answers 508 at once, blames nobody, retries nothing, and says so", async () => {
    await using backend = new ScriptedBackend("good");
    await using inner = balance([backend.url], { instanceName: "edge-1" });
    // Its first backend leads back to it: to itself, as far as Via can tell.
    await using outer = balance([inner.url, backend.url], {
      instanceName: "edge-1",
      pool: { ejectOn5xx: true, ejection: { after: 1, time: 10_000 } },
    });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) {
      const response = await fetch(outer.url);
      statuses.push(response.status);
      await response.body?.cancel();
    }
    assertEquals(statuses, [508, 200, 508, 200]);
    assertEquals(outer.changes, []);
    assertEquals(outer.entries.map(({ attempts }) => attempts.length), [1, 1, 1, 1]);
    assertEquals(inner.entries.map(({ status, attempts }) => [status, attempts]), [[508, []], [
      508,
      [],
    ]]);
    assertEquals(inner.warnings.length, 1);
    assertMatch(inner.warnings[0]!, /requests come back.* edge-1 .*508.*out of the configuration/);
    assertEquals(outer.warnings.length, 1);
    assertMatch(outer.warnings[0]!, new RegExp(`127.0.0.1:${inner.port} answers 508`));
  });

  test("loops: a POST with a body is answered 508 too, and the connection can be used again", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url], { instanceName: "edge-1" });
    const post = await fetch(balancer.url, {
      method: "POST",
      body: "x",
      headers: { via: "1.1 edge-1" },
    });
    assertEquals([post.status, await post.text()], [
      508,
      "Loop detected: this balancer has forwarded this request before\n",
    ]);
    assertEquals(await (await fetch(balancer.url)).text(), "a");
  });

  test("loops: two balancers that name each other stop after one round", async () => {
    await using backend = new ScriptedBackend("far", "serve");
    const port = deadPort();
    await using one = balance([`http://127.0.0.1:${port}`], { instanceName: "one" });
    await using two = balance([one.url], { instanceName: "two", port });
    const response = await fetch(two.url);
    assertEquals([response.status, response.headers.get("proxy-status")], [508, LOOPED]);
    await response.body?.cancel();
    while (one.entries.length + two.entries.length < 3) await new Promise((r) => setTimeout(r, 5));
    assertEquals([two.entries.length, one.entries.length, backend.requests.length], [2, 1, 0]);
    assert(two.warnings.some((warning) => warning.includes("come back")));
  });
});
