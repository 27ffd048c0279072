/** What responses lose on their way through Deno.serve: docs/engines.md says so. */
import { assertEquals } from "@std/assert";
import { forEachEngine } from "../support/each_engine.ts";
import { Dialogue } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

forEachEngine(({ engine, balance, test }) => {
  const statusLine = async (reply: string, length: boolean) => {
    await using backend = new ScriptedBackend("a", { reply });
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    await client.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    const head = (await client.until("\r\n\r\n")).split("\r\n");
    const line = head.find((line) => /^content-length:/i.test(line));
    return length ? line?.toLowerCase() : head[0];
  };
  const keeps = engine === "tcp";

  test(`response: a 304 ${keeps ? "keeps" : "loses"} its Content-Length`, async () => {
    const length = await statusLine("HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n", true);
    assertEquals(length, keeps ? "content-length: 5" : undefined);
  });

  test(`response: a reason phrase ${keeps ? "is kept" : "becomes the usual one"}`, async () => {
    const line = await statusLine("HTTP/1.1 200 Splendid\r\nContent-Length: 0\r\n\r\n", false);
    assertEquals(line, keeps ? "HTTP/1.1 200 Splendid" : "HTTP/1.1 200 OK");
  });
});
