import { assertEquals } from "@std/assert";
import type { EngineName } from "../support/balancer.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { request } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { pause } from "../support/timing.ts";

const KIB = 1024;
const GET = "GET /v HTTP/1.1\r\nHost: a.test\r\n\r\n";

const withLines = (count: number, status = "200 OK") =>
  `HTTP/1.1 ${status}\r\nContent-Length: 2\r\n${"X-A: b\r\n".repeat(count - 1)}\r\nok`;
const withHead = (size: number) =>
  `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: ${"b".repeat(size)}\r\n\r\nok`;

const SECTION_SIZE = "http_response_header_section_size";
const PROTOCOL = "http_protocol_error";
const OF_FETCH = "the 100 lines, or about 400 KiB, that fetch takes of a head";
const STATUSES = "599, the highest status of the web engine";

interface Case {
  readonly what: string;
  readonly reply: string;
  readonly maxHeaderLines?: number;
  readonly engines?: readonly EngineName[];
  readonly failure: string;
  readonly limit: string;
}

const OVER: readonly Case[] = [
  {
    what: "21 lines with MAX_HEADER_LINES=20",
    reply: withLines(21),
    maxHeaderLines: 20,
    failure: SECTION_SIZE,
    limit: "limits.headerLines",
  },
  {
    what: "101 lines",
    reply: withLines(101),
    engines: ["tcp"],
    failure: SECTION_SIZE,
    limit: "limits.headerLines",
  },
  {
    what: "101 lines with MAX_HEADER_LINES=200",
    reply: withLines(101),
    maxHeaderLines: 200,
    engines: ["web"],
    failure: SECTION_SIZE,
    limit: OF_FETCH,
  },
  {
    what: "a head of 20 KiB",
    reply: withHead(20 * KIB),
    engines: ["tcp"],
    failure: SECTION_SIZE,
    limit: "limits.headerSize",
  },
  {
    what: "a head of 1 MiB",
    reply: withHead(KIB * KIB),
    engines: ["web"],
    failure: SECTION_SIZE,
    limit: OF_FETCH,
  },
  {
    what: "the status 600",
    reply: withLines(1, "600 Odd"),
    engines: ["web"],
    failure: PROTOCOL,
    limit: STATUSES,
  },
  {
    what: "the status 999",
    reply: withLines(1, "999 Request denied"),
    engines: ["web"],
    failure: PROTOCOL,
    limit: STATUSES,
  },
];

const WITHIN: readonly Omit<Case, "failure" | "limit">[] = [
  { what: "20 lines with MAX_HEADER_LINES=20", reply: withLines(20), maxHeaderLines: 20 },
  {
    what: "300 lines with MAX_HEADER_LINES=300",
    reply: withLines(300),
    maxHeaderLines: 300,
    engines: ["tcp"],
  },
  { what: "the status 600", reply: withLines(1, "600 Odd"), engines: ["tcp"] },
  { what: "the status 999", reply: withLines(1, "999"), engines: ["tcp"] },
];

forEachEngine(({ engine, balance, test }) => {
  const isTested = ({ engines }: Pick<Case, "engines">) => engines?.includes(engine) ?? true;

  for (const { what, reply, maxHeaderLines = 100, failure, limit } of OVER.filter(isTested)) {
    test(`response limits: a response with ${what} is answered 502 after one attempt, and blames no backend`, async () => {
      await using one = new ScriptedBackend("one", { reply });
      await using other = new ScriptedBackend("other", { reply });
      await using balancer = balance([one.url, other.url], {
        maxHeaderLines,
        pool: { ejection: { after: 1, time: 10_000 }, ejectOn5xx: true },
      });
      const response = await request(balancer.port, GET);
      assertEquals([response.status, one.requests.length, other.requests.length], [502, 1, 0]);
      assertEquals(
        response.field("proxy-status"),
        `roundabout; error=${failure}; details="the response is over ${limit}"`,
      );
      while (balancer.entries.length === 0) await pause(5);
      const [{ status, verdict, attempts }] = balancer.entries as [typeof balancer.entries[0]];
      assertEquals([status, verdict, attempts.length], [502, `over ${limit}`, 1]);
      assertEquals(balancer.changes, []);
    });
  }

  for (const { what, reply, maxHeaderLines = 100 } of WITHIN.filter(isTested)) {
    test(`response limits: a response with ${what} reaches the client, and is no failure`, async () => {
      await using backend = new ScriptedBackend("one", { reply });
      await using balancer = balance([backend.url], {
        maxHeaderLines,
        pool: { ejection: { after: 1, time: 10_000 }, ejectOn5xx: true },
      });
      const response = await request(balancer.port, GET);
      const sent = Number(reply.slice("HTTP/1.1 ".length, "HTTP/1.1 ".length + 3));
      assertEquals([response.status, response.body.length], [sent, 2]);
      assertEquals(
        response.fields.filter(([name]) => name === "x-a").length,
        reply.split("X-A").length - 1,
      );
      while (balancer.entries.length === 0) await pause(5);
      assertEquals([balancer.entries[0]!.status, balancer.changes], [sent, []]);
    });
  }

  for (const [lines, status] of [[20, 200], [21, 431]] as const) {
    test(`response limits: with MAX_HEADER_LINES=20 a request of ${lines} lines is answered ${status}`, async () => {
      await using backend = new ScriptedBackend("one");
      await using balancer = balance([backend.url], { maxHeaderLines: 20 });
      const text = GET.replace("\r\n\r\n", `\r\n${"X-A: b\r\n".repeat(lines - 1)}\r\n`);
      assertEquals((await request(balancer.port, text)).status, status);
    });
  }
});
