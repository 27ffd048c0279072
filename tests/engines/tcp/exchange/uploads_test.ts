import { assert, assertEquals, assertMatch } from "@std/assert";
import { balance as balanceWith, type TestOptions } from "../../../support/balancer.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { RawBackend } from "../../../support/raw_backend.ts";
import { Dialogue, undated } from "../../../support/raw_client.ts";
import { deadPort } from "../../../support/dead_port.ts";
import { ScriptedBackend } from "../../../support/scripted_backend.ts";
import { latin1 } from "../../../support/strict_parser.ts";

const balance = (urls: readonly string[], options?: TestOptions) =>
  balanceWith(urls, { ...options, engine: "tcp" });

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const EXPECTING =
  "POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
const CHUNKED = "Host: a.test\r\nTransfer-Encoding: chunked\r\n\r\n";

Deno.test("uploads: 100 (Continue) of the backend reaches the client, and then the body the backend", async () => {
  await using backend = new RawBackend(async (side) => {
    assertMatch(await side.until("\r\n\r\n"), /\r\nExpect: 100-continue\r\n/);
    assert(side.received.endsWith("\r\n\r\n"));
    await side.send("HTTP/1.1 100 Continue\r\n\r\n");
    await side.until("body");
    await side.send(OK);
  });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(EXPECTING);
  assertEquals(await client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  await client.send("body");
  assertEquals((await client.response()).status, 200);
  assertEquals([client.received, backend.errors], ["", []]);
});

Deno.test("uploads: if the backend sends no 100 (Continue) in time, the proxy sends one, and only one reaches the client", async () => {
  await using backend = new RawBackend(async (side) => {
    await side.until("body"); // a backend that ignores Expect waits for it
    await side.send("HTTP/1.1 100 Continue\r\n\r\n" + OK);
  });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(EXPECTING);
  assertEquals(await client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  await client.send("body");
  assertEquals(undated(await client.until("ok")), OK);
});

Deno.test("uploads: a final response instead of 100 (Continue) is forwarded, and the connection closed", async () => {
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await side.send("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
    await side.read();
  });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(EXPECTING);
  const response = await client.response();
  assertEquals([response.status, response.field("connection")], [417, "close"]);
  assertEquals(await client.rest(), "");
});

Deno.test("uploads: no 100 (Continue) is sent after the response has begun", async () => {
  const silentWasContinued = Promise.withResolvers<void>();
  await using backend = new RawBackend(async (side) => {
    if ((await side.until("\r\n\r\n")).startsWith("POST /silent")) {
      await side.until("body");
      return side.send(OK);
    }
    await side.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok");
    await silentWasContinued.promise;
    await side.send("OK");
  });
  await using balancer = balance([backend.url]);
  using early = await Dialogue.open(balancer.port);
  await early.send(EXPECTING);
  await early.until("\r\n\r\nok");
  // Its request is younger: once it gets a 100, the time for one has passed for the other as well.
  using silent = await Dialogue.open(balancer.port);
  await silent.send(EXPECTING.replace("/", "/silent"));
  await silent.until("100 Continue\r\n\r\n");
  silentWasContinued.resolve();
  assertEquals(await early.rest(), "OK");
  await silent.send("body");
  assertEquals((await silent.response()).status, 200);
});

Deno.test("uploads: an early response reaches a client that is still sending the body", async () => {
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await side.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
    while (await side.read());
  });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000000\r\n\r\nfirst");
  const response = await client.response();
  assertEquals([response.status, latin1(response.body)], [413, "big"]);
  assertEquals(response.field("connection"), "close");
  await client.send("x".repeat(100_000)); // not reset: what still arrives is discarded for a while
});

Deno.test("uploads: the response of a backend that closes without reading the body is forwarded", async () => {
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await side.send("HTTP/1.1 401 Who\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send("PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 200000\r\n\r\n");
  assertEquals((await client.response()).status, 401);
});

Deno.test("uploads: the body is still forwarded while the response is being sent", async () => {
  await using backend = new RawBackend(async (side) => {
    await side.until("one");
    await side.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    await side.until("two");
    await side.send("3\r\ntwo\r\n0\r\n\r\n");
  });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(`POST / HTTP/1.1\r\n${CHUNKED}`);
  await client.send("3\r\none\r\n");
  await client.until("one\r\n");
  await client.send("3\r\ntwo\r\n0\r\n\r\n");
  await client.until("two\r\n0\r\n\r\n");
  assertEquals(backend.errors, []);
});

Deno.test("uploads: chunks and trailers arrive as sent, without extensions and forbidden trailers", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(
    `POST / HTTP/1.1\r\nTrailer: X-Sum\r\n${CHUNKED}` +
      "5;ext=1\r\nhello\r\n0;last\r\nX-Sum: 1\r\nContent-Length: 9\r\nX-Two: 2\r\n\r\n",
  );
  await client.response();
  const [request] = backend.requests;
  assertEquals(latin1(request!.body), "hello");
  assertEquals(request!.trailers, [["x-sum", "1"], ["x-two", "2"]]);
  assertEquals(request!.fields.find(([name]) => name === "trailer"), ["trailer", "X-Sum"]);
  assertEquals(backend.ambiguous, []);
});

Deno.test("uploads: requests pipelined after chunked bodies are served in order", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  const numbers = Array.from({ length: 20 }, (_, index) => index);
  await client.send(
    numbers.map((i) =>
      `POST /${i} HTTP/1.1\r\n${CHUNKED}3\r\nabc\r\n0\r\n\r\nGET /g${i} HTTP/1.1\r\nHost: a\r\n\r\n`
    ).join(""),
  );
  for (const _ of [...numbers, ...numbers]) assertEquals((await client.response()).status, 200);
  const expected = numbers.flatMap((i) => [`/${i}`, `/g${i}`]);
  assertEquals(backend.requests.map(({ target }) => target), expected);
});

Deno.test("uploads: a chunked body that becomes malformed gets 400, and no backend takes it for complete", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(`POST / HTTP/1.1\r\n${CHUNKED}3\r\nabc\r\n`);
  await backend.until(() => backend.bytesReceived > 0);
  await client.send("zz\r\n");
  const response = await client.response();
  assertEquals([response.status, response.field("connection")], [400, "close"]);
  await backend.until(() => backend.openConnections === 0);
  assertEquals([backend.requests, balancer.changes], [[], []]);
});

Deno.test("uploads: a body of 1.5 MB arrives complete, by length and in chunks", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  const body = new Uint8Array(1_500_000).map((_, index) => index * 31);
  await client.send(`PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${body.length}\r\n\r\n`);
  await client.send(body);
  assertEquals((await client.response()).status, 200);
  await client.send(`PUT / HTTP/1.1\r\n${CHUNKED}`);
  for (let at = 0; at < body.length; at += 70_001) {
    const chunk = body.subarray(at, at + 70_001);
    await client.send(`${chunk.length.toString(16)}\r\n`);
    await client.send(chunk);
    await client.send("\r\n");
  }
  await client.send("0\r\n\r\n");
  assertEquals((await client.response()).status, 200);
  for (const request of backend.requests) assertEquals(request.body, body);
});

Deno.test("uploads: a chunked PUT that a backend broke off is sent whole to the next", async () => {
  await using a = new ScriptedBackend("a", { closeAfter: 200 });
  await using b = new ScriptedBackend("b");
  await using balancer = balance([`http://127.0.0.1:${deadPort()}`, a.url, b.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(`PUT / HTTP/1.1\r\n${CHUNKED}4;x\r\none \r\n`);
  await client.send(`3e8\r\n${"t".repeat(1000)}\r\n0\r\nX-T: 1\r\n\r\n`);
  assertEquals(latin1((await client.response()).body), "b");
  assertEquals(latin1(b.requests[0]!.body), `one ${"t".repeat(1000)}`);
  assertEquals(b.requests[0]!.trailers, [["x-t", "1"]]);
});

Deno.test("uploads: a response that waits for the body does not time out while the body arrives", async () => {
  const clock = new ManualClock();
  const arrived = Array.from({ length: 8 }, () => Promise.withResolvers<void>());
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await side.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
    for (const [at, { resolve }] of arrived.entries()) {
      await side.until(`${at}`);
      resolve();
    }
    await side.send("done");
  });
  const limits = { idleTimeout: 300, firstByteTimeout: 300, clock };
  await using balancer = balance([backend.url], limits);
  using client = await Dialogue.open(balancer.port);
  await client.send("PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 8\r\n\r\n");
  for (const [at, { promise }] of arrived.entries()) {
    await client.send(`${at}`);
    await promise;
    if (at < 7) await clock.advance(200);
  }
  assertEquals(latin1((await client.response()).body), "done");
});

Deno.test("uploads: a client that keeps sending after an early response is disconnected", async () => {
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await side.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    while (await side.read());
  });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\nabc");
  assertEquals((await client.response()).status, 413);
  let sending = true;
  const startedAt = performance.now();
  while (sending && performance.now() - startedAt < 5_000) {
    await client.send("x").catch(() => sending = false);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assertEquals(sending, false);
});

Deno.test("uploads: if the end of a body is read ahead together with the next request, both requests are served", async () => {
  const answer = Promise.withResolvers<void>();
  await using slow = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await answer.promise;
    await side.send(OK);
  });
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([slow.url, backend.url, backend.url + "/x"]);
  using client = await Dialogue.open(balancer.port);
  const post = "POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\n01234";
  await client.send(`GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n${post}`);
  await new Promise((resolve) => setTimeout(resolve, 200)); // until it is read ahead
  await client.send("56789GET /third HTTP/1.1\r\nHost: a.test\r\n\r\n");
  await new Promise((resolve) => setTimeout(resolve, 50));
  answer.resolve();
  for (let i = 0; i < 3; i++) assertEquals((await client.response()).status, 200);
  assertEquals(backend.requests.map(({ target }) => target), ["/p", "/x/third"]);
  assertEquals(latin1(backend.requests[0]!.body), "0123456789");
});
