import { assertEquals } from "@std/assert";
import { firstEntry, GET } from "../support/access_entries.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { Dialogue, request } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

forEachEngine(({ balance, test }) => {
  const ID = "X-Request-Id: of-the-client\r\n";

  for (
    const [what, head, expected] of [
      ["TRACE", "TRACE /t?q HTTP/1.1\r\nHost: a.test", [405, "TRACE", "/t?q"]],
      ["CONNECT", "CONNECT b.test:443 HTTP/1.1\r\nHost: b.test:443", [
        405,
        "CONNECT",
        "b.test:443",
      ]],
      ["userinfo", "GET http://u:secret@a.test/p?q HTTP/1.1\r\nHost: a.test", [400, "GET", "/p?q"]],
      ["another scheme", "GET ftp://a.test/p HTTP/1.1\r\nHost: a.test", [
        400,
        "GET",
        "ftp://a.test/p",
      ]],
      ["a large target", `GET /${"t".repeat(9_000)} HTTP/1.1\r\nHost: a.test`, [
        414,
        "GET",
        `/${"t".repeat(9_000)}`,
      ]],
      ["no Host", "GET /p?q HTTP/1.1\r\nX: y", [400, "GET", "/p?q"]],
    ] as const
  ) {
    test(`access log: a refused request keeps its method and target: ${what}`, async () => {
      await using backend = new ScriptedBackend("a");
      await using balancer = balance([backend.url]);
      const { body } = await request(balancer.port, `${head}\r\n\r\n`);
      const { status, method, path, bytes, refused } = await firstEntry(balancer);
      assertEquals([status, method, path], [...expected]);
      assertEquals(bytes, body.length);
      assertEquals(typeof refused, "string");
    });
  }

  test("access log: a request over MAX_IN_FLIGHT keeps its method and target", async () => {
    await using backend = new ScriptedBackend("a", "stall");
    await using balancer = balance([backend.url], { maxInFlight: 1 });
    using first = await Dialogue.open(balancer.port);
    await first.send(GET);
    await backend.until(() => backend.requests.length > 0);
    const { body } = await request(balancer.port, `PUT /v?x HTTP/1.1\r\nHost: a.test\r\n${ID}\r\n`);
    const { status, method, path, bytes, requestId } = await firstEntry(balancer);
    assertEquals([status, method, path, bytes, requestId], [
      503,
      "PUT",
      "/v?x",
      body.length,
      "of-the-client",
    ]);
    backend.kill();
  });
});
