import { assert, assertEquals } from "@std/assert";
import { COMMON, firstEntry, GET, summarize } from "../support/access_entries.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { LeavingClient } from "../support/leaving_client.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { bytesOf, Dialogue, exchange } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

forEachEngine(({ balance, test }) => {
  const LARGE = "x".repeat(200_000);

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
});
