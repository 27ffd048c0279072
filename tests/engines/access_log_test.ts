import { assert, assertEquals } from "@std/assert";
import type { AccessEntry } from "../../lib/logging/access_log.ts";
import { forEachEngine, type TestBalancer } from "../support/balancer.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { Dialogue, request } from "../support/raw_client.ts";
import { deadPort, ScriptedBackend } from "../support/scripted_backend.ts";
import { pause } from "../support/timing.ts";

forEachEngine(({ balance, test }) => {
  const GET = "GET /v?x HTTP/1.1\r\nHost: a.test\r\n\r\n";

  async function firstEntry({ entries }: TestBalancer): Promise<AccessEntry> {
    while (entries.length === 0) await pause(5);
    return entries[0]!;
  }

  /** An entry with its attempts by their outcomes, and without its times. */
  function summarize({ time: _, milliseconds: __, attempts, ...entry }: AccessEntry) {
    const outcomes = attempts.map(({ outcome }) =>
      outcome.kind === "answered" ? outcome.status : outcome.failure
    );
    return { ...entry, outcomes };
  }

  test("access log: an answered request has its backend's status and both of its attempts", async () => {
    await using backend = new ScriptedBackend("a", {
      reply: "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    });
    await using balancer = balance([`http://127.0.0.1:${deadPort()}`, backend.url]);
    await request(balancer.port, GET);
    assertEquals(summarize(await firstEntry(balancer)), {
      clientAddress: "127.0.0.1",
      method: "GET",
      path: "/v?x",
      status: 404,
      verdict: undefined,
      broken: undefined,
      outcomes: ["connection_refused", 404],
    });
  });

  test("access log: a failed request has the status of the reply, and why it was not sent again", async () => {
    await using backend = new ScriptedBackend("a", "close");
    await using balancer = balance([backend.url, backend.url]);
    await request(balancer.port, GET.replace("GET", "POST"));
    assertEquals(summarize(await firstEntry(balancer)), {
      clientAddress: "127.0.0.1",
      method: "POST",
      path: "/v?x",
      status: 502,
      verdict: "may have been delivered",
      broken: undefined,
      outcomes: ["connection_terminated"],
    });
  });

  test("access log: a client that breaks off its upload has the same words in both engines", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    await client.send("PUT /v HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9\r\n\r\nhalf");
    await backend.until(() => backend.bytesReceived > 0);
    client[Symbol.dispose]();
    const { attempts } = await firstEntry(balancer);
    const details = attempts.map(({ outcome }) => outcome.kind === "failed" && outcome.detail);
    assertEquals(details, ["the client broke off its request's body"]);
  });

  test("access log: on ::, an IPv4 client has its plain address", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url], { hostname: "::" });
    await request(balancer.port, GET);
    assertEquals((await firstEntry(balancer)).clientAddress, "127.0.0.1");
  });

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
