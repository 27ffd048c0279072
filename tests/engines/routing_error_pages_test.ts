/** Pages of the operator in place of the texts of local replies. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { forEachConfiguredEngine } from "../support/configured.ts";
import { Dialogue, request } from "../support/raw_client.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const DEAD = `http://127.0.0.1:${deadPort()}`;
const SORRY = "<!doctype html><p>Sorry, w\u00e4re gleich zur\u00fcck</p>\n";

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`;
const textOf = (body: Uint8Array) => new TextDecoder().decode(body);

forEachConfiguredEngine(({ start, test }) => {
  test("error pages: a pool without a usable backend answers 503 with the page of its route, or of all", async () => {
    await using balancer = await start({
      pools: { dead: { backends: [DEAD] } },
      errorPages: { 503: SORRY, 504: "slow\n" },
      routes: [
        { pool: "dead" },
        { match: { pathPrefix: "/api" }, pool: "dead", errorPages: { 503: '{"error":503}' } },
        { match: { pathPrefix: "/other" }, pool: "dead", errorPages: { 502: "broken\n" } },
      ],
    });
    using client = await Dialogue.open(balancer.port);
    for (
      const [path, page, type] of [
        ["/", SORRY, "text/html; charset=utf-8"],
        ["/api", '{"error":503}', "text/plain; charset=utf-8"],
        ["/other", SORRY, "text/html; charset=utf-8"],
      ] as const
    ) {
      await client.send(get(path));
      const response = await client.response();
      assertEquals([response.status, textOf(response.body)], [503, page]);
      assertEquals(response.field("content-type"), type);
      assertEquals(response.field("content-length"), String(response.body.length));
      assertMatch(response.field("proxy-status")!, /^roundabout; error=connection_refused/);
      const types = response.fields.filter(([name]) => name === "content-type");
      assertEquals(types.length, 1);
    }
    await client.send("HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    const head = await client.response({ toHead: true });
    assertEquals(head.field("content-length"), String(new TextEncoder().encode(SORRY).length));
    const bytes = balancer.entries.map(({ bytes }) => bytes);
    assertEquals(bytes.slice(0, 2), [new TextEncoder().encode(SORRY).length, 13]);
  });

  test("error pages: a slow backend and a broken one have their own, and others keep the text", async () => {
    await using slow = new ScriptedBackend("slow", "stall");
    await using broken = new ScriptedBackend("broken", "close");
    await using balancer = await start({
      pools: {
        slow: { backends: [slow.url], timeouts: { firstByte: "100ms" } },
        broken: { backends: [broken.url] },
      },
      routes: [
        { match: { path: "/slow" }, pool: "slow", errorPages: { 504: "late\n" } },
        { match: { path: "/broken" }, pool: "broken", errorPages: { 504: "late\n" } },
      ],
    });
    const late = await request(balancer.port, get("/slow"));
    assertEquals([late.status, textOf(late.body)], [504, "late\n"]);
    const other = await request(balancer.port, get("/broken"));
    assertEquals(other.status, 502);
    assert(!textOf(other.body).includes("late"));
  });

  test("error pages: a backend's own error is passed on as it is", async () => {
    await using backend = new ScriptedBackend("a", {
      reply: "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy",
    });
    await using balancer = await start({
      pools: { a: { backends: [backend.url] } },
      errorPages: { 503: SORRY },
    });
    const response = await request(balancer.port, get("/"));
    assertEquals([response.status, textOf(response.body)], [503, "busy"]);
    assertEquals(response.field("proxy-status"), undefined);
  });

  test("error pages: a request that no route takes, or that is refused, has the page of all", async () => {
    await using balancer = await start({
      pools: { dead: { backends: [DEAD] } },
      errorPages: { 404: SORRY, 400: "bad\n" },
      routes: [{ match: { path: "/x" }, pool: "dead" }],
    });
    const missing = await request(balancer.port, get("/"));
    assertEquals([missing.status, textOf(missing.body)], [404, SORRY]);
    const refused = await request(balancer.port, get("/x%00"));
    assertEquals([refused.status, textOf(refused.body)], [400, "bad\n"]);
  });
});
