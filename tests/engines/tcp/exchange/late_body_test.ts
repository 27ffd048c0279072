import { assertEquals, assertMatch } from "@std/assert";
import { balance } from "../../../support/balancer.ts";
import { RawBackend } from "../../../support/raw_backend.ts";
import { Dialogue } from "../../../support/raw_client.ts";
import { pause } from "../../../support/timing.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
const LENGTH = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const OLD = "HTTP/1.0 200 OK\r\n\r\n";

/** A backend that sends a head, and a body only once `reached` was called. */
function late(head: string, body: string, closes: boolean) {
  const waiting = Promise.withResolvers<void>();
  const backend = new RawBackend(async (side) => {
    while (await side.read()) {
      await side.send(head);
      await waiting.promise;
      await side.send(body);
      if (closes) return;
    }
  });
  return { backend, reached: () => waiting.resolve() };
}

for (
  const [what, head, body, expected, { closes = false, reused = true } = {}] of [
    ["of a known length", LENGTH, "hello", "hello"],
    ["of a known length, with a byte after it", LENGTH, "hello!", "hello", { reused: false }],
    ["in chunks", CHUNKED, "5  \r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n"],
    [
      "in chunks, with a byte after it",
      CHUNKED,
      "5\r\nhello\r\n0\r\n\r\n!",
      "5\r\nhello\r\n0\r\n\r\n",
      { reused: false },
    ],
    ["to the end", OLD, "hello", "5\r\nhello\r\n0\r\n\r\n", { closes: true, reused: false }],
  ] as const satisfies (readonly [
    string,
    string,
    string,
    string,
    { closes?: boolean; reused?: boolean }?,
  ])[]
) {
  Deno.test(`late body: a head is sent before its body ${what} begins, and the body follows`, async () => {
    const { backend, reached } = late(head, body, closes);
    await using _ = backend;
    await using balancer = balance([backend.url], { engine: "tcp" });
    using client = await Dialogue.open(balancer.port);
    await client.send(GET);
    await client.until("\r\n\r\n");
    assertEquals(client.received, "");
    reached();
    assertEquals(await client.until(expected), expected);
    while (balancer.entries.length === 0) await pause(5);
    await client.send(GET);
    await client.until("\r\n\r\n");
    assertEquals([backend.connections, backend.errors], [reused ? 1 : 2, []]);
    assertEquals(balancer.entries[0]!.broken, undefined);
  });
}

for (
  const [what, head, body] of [
    ["breaks off", LENGTH, "he"],
    ["is not valid", CHUNKED, "5\r\nhello\r\nzz\r\n"],
    ["never begins", CHUNKED, ""],
  ] as const
) {
  Deno.test(`late body: one that ${what} is cut off, and its backend is at fault`, async () => {
    const { backend, reached } = late(head, body, true);
    await using _ = backend;
    await using balancer = balance([backend.url], { engine: "tcp" });
    using client = await Dialogue.open(balancer.port);
    await client.send(GET);
    await client.until("\r\n\r\n");
    reached();
    await client.rest();
    while (balancer.entries.length === 0) await pause(5);
    assertMatch(balancer.entries[0]!.broken!, /closed the connection|chunk/);
    assertEquals(balancer.pool.backends[0]!.standing.failures, 1);
  });
}
