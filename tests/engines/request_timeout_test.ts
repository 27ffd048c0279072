import { assert, assertEquals } from "@std/assert";
import { TICK_MS } from "../../lib/time/timer_wheel.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { Dialogue } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { assertAbout, pause, timed } from "../support/timing.ts";

forEachEngine(({ balance, test }) => {
  /** More than the balancer's clock moves at once, so that a machine that pauses does not end it early. */
  const SHORT = 300;
  const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

  test("timeouts: REQUEST_TIMEOUT ends the wait for an answer with 504, and nothing is sent again", async () => {
    await using a = new ScriptedBackend("a", "stall");
    await using b = new ScriptedBackend("b");
    const clock = new ManualClock();
    await using balancer = balance([a.url, b.url], { requestTimeout: SHORT, clock });
    const answer = fetch(balancer.url);
    await a.until(() => a.requests.length === 1);
    const [backend] = balancer.pool.backends;
    const took = await clock.advanceUntil(() => backend!.inFlight === 0);
    const response = await answer;
    await response.body?.cancel();
    assertEquals(response.status, 504);
    assertEquals(
      response.headers.get("proxy-status"),
      'roundabout; error=http_response_timeout; details="not sent again: out of time"',
    );
    assert(took >= SHORT && took <= SHORT + 3 * TICK_MS, `${took} ms`);
    assertEquals(b.requests.length, 0);
    const [entry] = balancer.entries;
    assertEquals([entry?.status, entry?.verdict], [504, "out of time"]);
    assertEquals(backend!.standing.failures, 1);
    assertEquals(await fetch(balancer.url).then((response) => response.text()), "b");
  });

  test("timeouts: REQUEST_TIMEOUT cuts off a response that moves but does not end, and blames no backend", async () => {
    await using backend = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      await side.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      while (true) {
        await side.send("1\r\nx\r\n");
        await pause(20);
      }
    });
    await using balancer = balance([backend.url], { requestTimeout: SHORT });
    using client = await Dialogue.open(balancer.port);
    const [text, took] = await timed(async () => {
      await client.send(GET);
      return await client.rest();
    });
    assert(!text.endsWith("0\r\n\r\n"));
    assertAbout(took, SHORT);
    while (balancer.entries.length === 0) await pause(5);
    assertEquals(balancer.entries[0]!.broken, "timeouts.request has passed");
    assertEquals(balancer.pool.backends[0]!.standing.failures, 0);
  });

  test("timeouts: REQUEST_TIMEOUT while a client takes its time to upload is 408, and blames no backend", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url], { requestTimeout: SHORT });
    using client = await Dialogue.open(balancer.port);
    await client.send("PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000\r\n\r\n");
    let sending = true;
    const trickle = (async () => {
      while (sending) {
        await client.send("x").catch(() => sending = false);
        await pause(20);
      }
    })();
    assertEquals((await client.response()).status, 408);
    sending = false;
    await trickle;
    assertEquals([balancer.changes, backend.requests.length], [[], 0]);
  });

  test("timeouts: a connection goes on for longer than REQUEST_TIMEOUT, which is for each request", async () => {
    await using backend = new ScriptedBackend("a");
    const clock = new ManualClock();
    await using balancer = balance([backend.url], { requestTimeout: SHORT, clock });
    using client = await Dialogue.open(balancer.port);
    for (let i = 0; i < 8; i++) {
      await client.send(GET);
      assertEquals((await client.response()).status, 200);
      await clock.advance(SHORT / 3);
    }
  });
});
