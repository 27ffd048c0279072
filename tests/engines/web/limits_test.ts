import { assertEquals } from "@std/assert";
import { balance } from "../../support/balancer.ts";
import { request } from "../../support/raw_client.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";

const KIB = 1024;
const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

/** A GET whose field lines take about so many bytes. */
const fieldsOf = (size: number) =>
  GET.replace("\r\n\r\n", `\r\nX-Pad: ${"x".repeat(size)}\r\n\r\n`);
const targetOf = (size: number) => GET.replace("/ ", `/${"x".repeat(size - 1)} `);

for (
  const [what, text, status] of [
    ["a head of 15 KiB", fieldsOf(15 * KIB), 200],
    ["a head of more than 16 KiB", fieldsOf(16 * KIB), 431],
    ["a head of 60 KiB", fieldsOf(60 * KIB), 431],
    ["a target of 8 KiB", targetOf(8 * KIB), 200],
    ["a target of more", targetOf(8 * KIB + 1), 414],
    ["100 fields", GET.replace("\r\n\r\n", `\r\n${"A: b\r\n".repeat(99)}\r\n`), 200],
    ["101 fields", GET.replace("\r\n\r\n", `\r\n${"A: b\r\n".repeat(100)}\r\n`), 431],
    // What Deno.serve itself refuses:
    ["a head of more than 64 KiB", fieldsOf(64 * KIB), 400],
    ["a head of 1 MiB", fieldsOf(KIB * KIB), 400],
  ] as const
) {
  Deno.test(`web limits: ${what} is answered ${status}`, async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url]);
    assertEquals((await request(balancer.port, text)).status, status);
    assertEquals(backend.requests.length, status === 200 ? 1 : 0);
  });
}

Deno.test("web limits: MAX_HEADER_SIZE is what is set", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url], { maxHeaderSize: 64 * KIB });
  assertEquals((await request(balancer.port, fieldsOf(60 * KIB))).status, 200);
  await using small = balance([backend.url], { maxHeaderSize: KIB });
  assertEquals((await request(small.port, fieldsOf(KIB))).status, 431);
});
