import { assertEquals } from "@std/assert";
import { firstEntry } from "../support/access_entries.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { bytesOf, exchangeBytes, responsesOf } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

forEachEngine(({ balance, test }) => {
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
});
