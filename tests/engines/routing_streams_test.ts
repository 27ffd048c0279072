/** Bodies, interim responses, tunnels and large heads through a route that changes what it forwards. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { forEachConfiguredEngine } from "../support/configured.ts";
import { differAt, patternedBody } from "../support/patterned_body.ts";
import { bytesOf, Dialogue, request } from "../support/raw_client.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { concat, latin1 } from "../support/strict_parser.ts";

/** A route that changes all that it can. */
const changing = (...urls: string[]) => ({
  pools: { a: { backends: urls } },
  routes: [{
    match: { pathPrefix: "/api" },
    pool: "a",
    stripPrefix: true,
    rewriteHost: "users.internal",
    requestHeaders: { set: { "X-User": "edge" }, remove: ["X-Debug"] },
    responseHeaders: { set: { "X-Via": "edge" }, remove: ["Server"] },
  }],
});

forEachConfiguredEngine(({ engine, start, test }) => {
  for (const size of [0, 10, 70_000, 3_000_000]) {
    test(`streams: an upload of ${size} bytes arrives whole, with a length and in chunks`, async () => {
      await using backend = new ScriptedBackend("a");
      await using balancer = await start(changing(backend.url));
      using client = await Dialogue.open(balancer.port);
      const body = patternedBody(size);
      for (const chunked of [false, true]) {
        await client.send(
          "POST /api/up HTTP/1.1\r\nHost: a.test\r\nX-User: root\r\nX-Debug: 1\r\n" +
            (chunked ? "Transfer-Encoding: chunked\r\n\r\n" : `Content-Length: ${size}\r\n\r\n`),
        );
        for (let at = 0; at < size; at += 50_000) {
          const piece = body.subarray(at, at + 50_000);
          await client.send(
            chunked
              ? concat([bytesOf(`${piece.length.toString(16)}\r\n`), piece, bytesOf("\r\n")])
              : piece,
          );
        }
        if (chunked) await client.send("0\r\n\r\n");
        const response = await client.response();
        assertEquals([response.status, response.field("x-via")], [200, "edge"]);
        const received = backend.requests.at(-1)!;
        assertEquals(received.target, "/up");
        assertEquals(differAt(received.body, body), undefined, `${received.body.length} bytes`);
        assertEquals(received.fields.filter(([name]) => /^x-(?:user|debug)/.test(name)), [[
          "x-user",
          "edge",
        ]]);
      }
      assertEquals(backend.ambiguous, []);
    });
  }

  test("streams: a client that waits for 100 is asked for its body", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start(changing(backend.url));
    using client = await Dialogue.open(balancer.port);
    await client.send(
      "POST /api/up HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    );
    const interim = await client.until("\r\n\r\n");
    assertMatch(interim, /^HTTP\/1\.1 100 /);
    assert(!/x-via/i.test(interim), "an interim response is not changed");
    await client.send("hello");
    const response = await client.response();
    assertEquals([response.status, response.field("x-via")], [200, "edge"]);
    assertEquals(latin1(backend.requests[0]!.body), "hello");
  });

  test("streams: a body that arrives with its head is sent again whole if the first backend is dead", async () => {
    await using first = new ScriptedBackend("first", "close");
    await using second = new ScriptedBackend("second");
    await using balancer = await start(changing(first.url, second.url));
    for (let i = 0; i < 2; i++) {
      const text = "PUT /api/x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello";
      assertEquals((await request(balancer.port, text)).status, 200);
    }
    for (const { target, body, fields } of second.requests) {
      assertEquals([target, latin1(body)], ["/x", "hello"]);
      assertEquals(fields.filter(([name]) => name === "host"), [["host", "users.internal"]]);
    }
  });

  test("streams: requests that arrive in one piece are each changed for themselves", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start(changing(backend.url));
    using client = await Dialogue.open(balancer.port);
    const texts = Array.from(
      { length: 20 },
      (_, index) =>
        index % 2 === 0
          ? `GET /api/${index} HTTP/1.1\r\nHost: h${index}.test\r\nX-User: root\r\n\r\n`
          : `POST /api/${index} HTTP/1.1\r\nHost: h${index}.test\r\nContent-Length: 3\r\n\r\nabc`,
    );
    await client.send(texts.join(""));
    for (let index = 0; index < 20; index++) {
      assertEquals((await client.response()).field("x-via"), "edge");
    }
    assertEquals(
      backend.requests.map(({ target, fields }) => [
        target,
        fields.filter(([name]) => /^x-user|forwarded-host/.test(name)).map(([, value]) => value)
          .sort(),
      ]),
      texts.map((_, index) => [`/${index}`, ["edge", `h${index}.test`]]),
    );
  });

  test("streams: a head of the largest size can be made larger", async () => {
    await using backend = new ScriptedBackend("a");
    const set = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`X-New-${index}`, `{path}${"n".repeat(1000)}`]),
    );
    await using balancer = await start({
      pools: { a: { backends: [`${backend.url}/base`] } },
      limits: { headerSize: "16KiB" },
      routes: [{
        match: { pathPrefix: "/api" },
        pool: "a",
        replacePrefix: "/a/much/longer/prefix",
        rewriteHost: "a.rather.long.host.name.users.internal",
        requestHeaders: { set },
      }],
    });
    const begun = "GET /api/x HTTP/1.1\r\nHost: a.test\r\nX-Pad: ";
    for (const length of [16 * 1024, 16 * 1024 - 1, 15_000]) {
      const pad = "p".repeat(length - begun.length - 4);
      const response = await request(balancer.port, `${begun}${pad}\r\n\r\n`);
      assertEquals(response.status, 200);
      const { target, fields } = backend.requests.at(-1)!;
      assertEquals(target, "/base/a/much/longer/prefix/x");
      assertEquals(fields.find(([name]) => name === "x-pad")?.[1], pad);
      assertEquals(fields.filter(([name]) => name.startsWith("x-new-")).length, 20);
    }
    assertEquals(backend.ambiguous, []);
  });

  if (engine !== "tcp") return;

  test("streams: a WebSocket is opened through a route that strips the prefix and changes headers", async () => {
    let head = "";
    await using backend = new RawBackend(async (side) => {
      head = await side.until("\r\n\r\n");
      await side.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
          "Sec-WebSocket-Accept: x\r\nServer: s\r\n\r\nhello",
      );
      await side.until("ping");
      await side.send("pong");
      await side.read();
    });
    const { routes: [{ pool, ...route } = { pool: "" }], ...others } = changing(backend.url);
    const routes = [{ ...route, split: { [pool]: 1 }, splitOn: "cookie:side" }];
    await using balancer = await start({ ...others, routes }, { random: () => 0 });
    using client = await Dialogue.open(balancer.port);
    await client.send(
      "GET /api/chat?x HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\nX-User: root\r\n\r\n",
    );
    const answer = await client.until("\r\n\r\n");
    assertMatch(answer, /^HTTP\/1\.1 101 /);
    assertMatch(answer, /\r\nconnection: upgrade\r\n/i);
    assertMatch(answer, /\r\nx-via: edge\r\n/i);
    assert(!/\r\nserver:/i.test(answer), answer);
    assertMatch(answer, /\r\nset-cookie: side=0; /i);
    await client.until("hello");
    await client.send("ping");
    await client.until("pong");
    assertMatch(head, /^GET \/chat\?x HTTP\/1\.1\r\n/);
    assertMatch(head, /\r\nhost: users\.internal\r\n/i);
    assertMatch(head, /\r\nupgrade: websocket\r\n/i);
    assertMatch(head, /\r\nx-user: edge\r\n/i);
    assert(!head.includes("root"), head);
  });
});
