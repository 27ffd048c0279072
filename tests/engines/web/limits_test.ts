import { assertEquals } from "@std/assert";
import { balance } from "../../support/balancer.ts";
import { request } from "../../support/raw_client.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";

const KIB = 1024;

/** A GET whose field lines take about as many bytes. */
const withFields = (size: number) =>
  `GET / HTTP/1.1\r\nHost: a.test\r\nX-Pad: ${"x".repeat(size)}\r\n\r\n`;

for (const size of [64 * KIB, KIB * KIB]) {
  Deno.test(`web limits: Deno.serve itself answers 400 to a head of more than 64 KiB: ${size}`, async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url], { maxHeaderSize: KIB * KIB });
    const response = await request(balancer.port, withFields(size));
    assertEquals([response.status, response.field("proxy-status")], [400, undefined]);
    assertEquals([backend.requests.length, balancer.entries.length], [0, 0]);
  });
}

Deno.test("web limits: a head of 60 KiB passes if MAX_HEADER_SIZE allows it", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url], { maxHeaderSize: 64 * KIB });
  assertEquals((await request(balancer.port, withFields(60 * KIB))).status, 200);
});
