import { assert, assertEquals } from "@std/assert";
import { COMMON, firstEntry, GET, summarize } from "../support/access_entries.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { request } from "../support/raw_client.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { pause } from "../support/timing.ts";

forEachEngine(({ balance, test }) => {
  const ID = "X-Request-Id: of-the-client\r\n";

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
