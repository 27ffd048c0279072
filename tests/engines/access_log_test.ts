import { assert, assertEquals } from "@std/assert";
import type { AccessEntry } from "../../lib/logging/access_log.ts";
import { forEachEngine, type TestBalancer } from "../support/balancer.ts";
import { LeavingClient } from "../support/leaving_client.ts";
import { RawBackend } from "../support/raw_backend.ts";
import {
  bytesOf,
  Dialogue,
  exchange,
  exchangeBytes,
  request,
  responsesOf,
} from "../support/raw_client.ts";
import { deadPort, ScriptedBackend } from "../support/scripted_backend.ts";
import { pause } from "../support/timing.ts";

forEachEngine(({ balance, test }) => {
  const GET = "GET /v?x HTTP/1.1\r\nHost: a.test\r\n\r\n";
  const ID = "X-Request-Id: of-the-client\r\n";

  async function firstEntry({ entries }: TestBalancer): Promise<AccessEntry> {
    while (entries.length === 0) await pause(2);
    return entries[0]!;
  }

  /** An entry with its attempts by their outcomes, and without its times and random id. */
  function summarize({ time: _, milliseconds: __, requestId, attempts, ...entry }: AccessEntry) {
    const outcomes = attempts.map(({ outcome }) =>
      outcome.kind === "answered" ? outcome.status : outcome.failure
    );
    return { ...entry, hasId: requestId !== undefined, outcomes };
  }

  const COMMON = {
    clientAddress: "127.0.0.1",
    peerAddress: "127.0.0.1",
    method: "GET",
    path: "/v?x",
    verdict: undefined,
    broken: undefined,
    hasId: true,
  };

  test("access log: an answered request has its backend's status and both of its attempts", async () => {
    await using backend = new ScriptedBackend("a", {
      reply: "HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nnothing",
    });
    await using balancer = balance([`http://127.0.0.1:${deadPort()}`, backend.url]);
    await request(balancer.port, GET);
    assertEquals(summarize(await firstEntry(balancer)), {
      ...COMMON,
      status: 404,
      bytes: 7,
      outcomes: ["connection_refused", 404],
    });
  });

  test("access log: a failed request has the status of the reply, and why it was not sent again", async () => {
    await using backend = new ScriptedBackend("a", "close");
    await using balancer = balance([backend.url, backend.url]);
    const { body } = await request(balancer.port, GET.replace("GET", "POST"));
    assertEquals(summarize(await firstEntry(balancer)), {
      ...COMMON,
      method: "POST",
      status: 502,
      bytes: body.length,
      verdict: "may have been delivered",
      outcomes: ["connection_terminated"],
    });
  });

  // What the client is.

  const PROXIES = ["127.0.0.1", "10.0.0.1"];
  const isTrusted = (address: string) => PROXIES.includes(address);
  const FORWARDED = "X-Forwarded-For: 1.2.3.4, 203.0.113.9\r\nX-Forwarded-For: 10.0.0.1\r\n";

  test("access log: behind trusted proxies the client is the last address that is none of theirs, of refused requests too", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url], { isTrusted });
    await request(balancer.port, `GET / HTTP/1.1\r\nHost: a.test\r\n${FORWARDED}\r\n`);
    await request(balancer.port, `TRACE / HTTP/1.1\r\nHost: a.test\r\n${FORWARDED}\r\n`);
    const clients = balancer.entries
      .map(({ clientAddress, peerAddress, status }) => [status, clientAddress, peerAddress]);
    assertEquals(clients, [[200, "203.0.113.9", "127.0.0.1"], [405, "203.0.113.9", "127.0.0.1"]]);
  });

  test("access log: an untrusted peer cannot say that it is someone else", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url]);
    await request(balancer.port, `GET / HTTP/1.1\r\nHost: a.test\r\n${FORWARDED}\r\n`);
    assertEquals((await firstEntry(balancer)).clientAddress, "127.0.0.1");
  });

  test("access log: on ::, an IPv4 client has its plain address", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url], { hostname: "::" });
    await request(balancer.port, GET);
    const { clientAddress, peerAddress } = await firstEntry(balancer);
    assertEquals([clientAddress, peerAddress], ["127.0.0.1", "127.0.0.1"]);
  });

  // The request id.

  for (const head of ["", "Max-Forwards: 9\r\n"]) {
    test(`access log: the request id is the one that all backends got${head && ", with rules"}`, async () => {
      await using a = new ScriptedBackend("a", "close");
      await using b = new ScriptedBackend("b");
      await using balancer = balance([a.url, b.url]);
      await request(balancer.port, GET.replace("\r\n\r\n", `\r\n${head}\r\n`));
      const { requestId } = await firstEntry(balancer);
      const ids = [a, b].map(({ requests }) =>
        requests[0]!.fields.find(([name]) => name.toLowerCase() === "x-request-id")?.[1]
      );
      assertEquals(ids, [requestId, requestId]);
      assertEquals(requestId?.length, 36);
    });
  }

  test("access log: an id of the client is kept, also if the request is refused", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url]);
    await request(balancer.port, `GET / HTTP/1.1\r\nHost: a.test\r\n${ID}\r\n`);
    await request(balancer.port, `TRACE / HTTP/1.1\r\nHost: a.test\r\n${ID}\r\n`);
    assertEquals(balancer.entries.map(({ requestId }) => requestId), [
      "of-the-client",
      "of-the-client",
    ]);
  });

  // Bytes of the body.

  const LARGE = "x".repeat(200_000);
  for (
    const [what, line, reply, bytes] of [
      ["of a short body", "GET / HTTP/1.1", "Content-Length: 5\r\n\r\nhello", 5],
      ["of a large one", "GET / HTTP/1.1", `Content-Length: 200000\r\n\r\n${LARGE}`, 200_000],
      [
        "of a chunked one, without its chunks' sizes and trailers",
        "GET / HTTP/1.1",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n",
        15,
      ],
      [
        "of a large chunked one",
        "GET / HTTP/1.1",
        `Transfer-Encoding: chunked\r\n\r\n30d40\r\n${LARGE}\r\n0\r\n\r\n`,
        200_000,
      ],
      [
        "of a chunked one that an HTTP/1.0 client gets",
        "GET / HTTP/1.0",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        5,
      ],
      ["of one that the connection's end ends", "GET / HTTP/1.1", `\r\n${LARGE}`, 200_000],
      ["to HEAD", "HEAD / HTTP/1.1", "Content-Length: 5\r\n\r\n", 0],
      ["of none", "GET / HTTP/1.1", "Content-Length: 0\r\n\r\n", 0],
    ] as const
  ) {
    test(`access log: the bytes are those of the body: ${what}`, async () => {
      await using backend = new ScriptedBackend("a", {
        replyAndClose: `HTTP/1.1 200 OK\r\n${reply}`,
      });
      await using balancer = balance([backend.url]);
      const close = "Host: a.test\r\nConnection: close\r\n\r\n";
      const received = await exchangeBytes(balancer.port, bytesOf(`${line}\r\n${close}`), 3_000);
      const entry = await firstEntry(balancer);
      assertEquals([entry.status, entry.bytes, entry.broken], [200, bytes, undefined]);
      if (line.startsWith("GET")) assertEquals(responsesOf(received)[0]!.body.length, bytes);
    });
  }

  // Who left, or broke off.

  for (const how of ["closes", "resets"] as const) {
    test(`access log: a client that ${how} while its upload is read is 499`, async () => {
      await using backend = new ScriptedBackend("a");
      await using balancer = balance([backend.url]);
      const client = await LeavingClient.open(balancer.port);
      client.send("PUT /v?x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9\r\n\r\nhalf");
      await backend.until(() => backend.bytesReceived > 0);
      await client.leave(how);
      const entry = await firstEntry(balancer);
      const details = entry.attempts.map(({ outcome }) =>
        outcome.kind === "failed" && outcome.detail
      );
      assertEquals(summarize(entry), {
        ...COMMON,
        method: "PUT",
        status: 499,
        bytes: entry.bytes, // the tcp engine answers: this client may only have closed its sending side
        verdict: "request body at fault",
        broken: "the client broke off its request's body",
        outcomes: ["http_request_error"],
      });
      assertEquals([details, balancer.changes], [[entry.broken], []]);
    });

    test(`access log: a client that ${how} while its backend is awaited is 499`, async () => {
      await using backend = new ScriptedBackend("a", "stall");
      await using balancer = balance([backend.url]);
      const client = await LeavingClient.open(balancer.port);
      client.send(GET);
      await backend.until(() => backend.requests.length > 0);
      await client.leave(how);
      const entry = await firstEntry(balancer);
      assertEquals(summarize(entry), {
        ...COMMON,
        status: 499,
        bytes: 0,
        verdict: "client gone",
        broken: "the client left",
        outcomes: ["http_request_error"],
      });
      assertEquals(balancer.changes, []);
    });

    test(`access log: a client that ${how} while its response is relayed is 499, with the bytes sent`, async () => {
      const bytes = bytesOf(LARGE);
      await using backend = new RawBackend(async (side) => {
        await side.until("\r\n\r\n");
        await side.send("HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n");
        while (true) await side.send(bytes);
      });
      await using balancer = balance([backend.url]);
      const client = await LeavingClient.open(balancer.port);
      client.send(GET);
      const received = await client.receive(3_000_000);
      await client.leave(how);
      const entry = await firstEntry(balancer);
      assertEquals(summarize(entry), {
        ...COMMON,
        status: 499,
        bytes: entry.bytes,
        broken: "the client left",
        outcomes: [200],
      });
      // Buffers of both systems hold what was sent and not received.
      assert(entry.bytes > received - 1_000 && entry.bytes < received + 20_000_000);
      assertEquals(balancer.changes, []);
    });
  }

  test("access log: a body that is malformed is 400, and its client has not left", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    const head = "PUT /v?x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n";
    await client.send(`${head}5\r\nhello\r\n`);
    await backend.until(() => backend.bytesReceived > 0);
    await client.send("zz\r\n");
    const { status, attempts } = await firstEntry(balancer);
    const details = attempts.map(({ outcome }) => outcome.kind === "failed" && outcome.detail);
    assertEquals([status, details], [400, ["the request's body is malformed"]]);
  });

  test("access log: a response that its backend breaks off keeps its status, and has the reason and the bytes sent", async () => {
    await using backend = new ScriptedBackend("a", {
      replyAndClose: `HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n${LARGE}`,
    });
    await using balancer = balance([backend.url]);
    await exchange(balancer.port, GET).catch(() => {}); // it is cut short
    const { status, broken, bytes } = await firstEntry(balancer);
    assertEquals([status, typeof broken], [200, "string"]);
    assert(bytes > 100_000 && bytes <= 200_000, `${bytes} bytes`);
  });

  // Refusals.

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

  // Times.

  test("access log: the time is when the request arrived, the duration until its response was sent", async () => {
    const delayMs = 100;
    await using backend = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      await pause(delayMs);
      await side.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    await using balancer = balance([backend.url]);
    const before = Date.now();
    await request(balancer.port, GET);
    const { time, milliseconds } = await firstEntry(balancer);
    const after = Date.now();
    const slackMs = 5; // two clocks, and Date counts whole milliseconds
    assert(milliseconds >= delayMs - slackMs && milliseconds <= after - before + slackMs);
    assert(time.getTime() >= before - slackMs);
    assert(time.getTime() <= after - milliseconds + slackMs);
  });
});
