import { assertEquals } from "@std/assert";
import { forEachEngine } from "../support/each_engine.ts";
import { request } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { pause } from "../support/timing.ts";

const KIB = 1024;
const GET = "GET /v HTTP/1.1\r\nHost: a.test\r\n\r\n";
const PATH = "/v";

/** A GET whose head takes exactly that size. */
const withHead = (size: number) =>
  GET.replace("\r\n\r\n", `\r\nX-Pad: ${"x".repeat(size - GET.length - 9)}\r\n\r\n`);

const pathOf = (size: number) => `/${"x".repeat(size - 1)}`;
const withTarget = (size: number) => GET.replace(PATH, pathOf(size));
const withFields = (count: number) =>
  GET.replace("\r\n\r\n", `\r\n${"A: b\r\n".repeat(count - 1)}\r\n`);

const LARGE = "the head is larger than limits.headerSize";
const LONG = "the target is longer than half of limits.headerSize";
const MANY = "the head has more lines than limits.headerLines";

forEachEngine(({ engine, balance, test }) => {
  for (
    const [what, text, status, reason, path] of [
      ["a head of 4 KiB", withHead(4 * KIB), 200, undefined, PATH],
      ["a head of a byte more", withHead(4 * KIB + 1), 431, LARGE, PATH],
      ["a head of 60 KiB", withHead(60 * KIB), 431, LARGE, PATH],
      ["a target of 2 KiB", withTarget(2 * KIB), 200, undefined, pathOf(2 * KIB)],
      ["a target of a byte more", withTarget(2 * KIB + 1), 414, LONG, pathOf(2 * KIB + 1)],
      // The tcp engine stops reading at the limit, before it has all of the request line.
      [
        "a target of 20 KiB",
        withTarget(20 * KIB),
        414,
        LONG,
        engine === "tcp" ? pathOf(20 * KIB).slice(0, KIB - "GET ".length) : pathOf(20 * KIB),
      ],
      ["100 lines", withFields(100), 200, undefined, PATH],
      ["101 lines", withFields(101), 431, MANY, PATH],
    ] as const
  ) {
    test(`head limits: with MAX_HEADER_SIZE of 4 KiB, ${what} is answered ${status}`, async () => {
      await using backend = new ScriptedBackend("a");
      await using balancer = balance([backend.url], { maxHeaderSize: 4 * KIB });
      const response = await request(balancer.port, text);
      assertEquals([response.status, backend.requests.length], [status, status === 200 ? 1 : 0]);
      while (balancer.entries.length === 0) await pause(5);
      const [entry] = balancer.entries;
      assertEquals([entry!.status, entry!.path, entry!.refused], [status, path, reason]);
      const details = `roundabout; error=http_request_error; details="${reason}"`;
      assertEquals(response.field("proxy-status"), status === 200 ? undefined : details);
    });
  }
});
