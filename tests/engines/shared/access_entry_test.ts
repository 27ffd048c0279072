import { assertEquals } from "@std/assert";
import {
  finishedEntry,
  type LoggedRequest,
  refusedEntry,
} from "../../../lib/engines/shared/access_entry.ts";
import { textLine } from "../../../lib/logging/access_log.ts";
import { failed } from "../../../lib/outcome.ts";
import type { Result } from "../../../lib/proxy.ts";

const REQUEST: LoggedRequest = { clientAddress: "192.0.2.1", method: "GET", path: "/v?x" };
const NOW = 1_700_000_000_000;
const FAILED: Result<unknown> = {
  kind: "failed",
  outcome: failed("dns_error", "x"),
  verdict: "attempts used up",
  attempts: [],
};

Deno.test("access entry: a finished request is dated when it arrived", () => {
  const ending = { status: 503, broken: undefined, milliseconds: 1_500 };
  assertEquals(finishedEntry(REQUEST, FAILED, ending, NOW), {
    time: new Date(NOW - 1_500),
    ...REQUEST,
    status: 503,
    milliseconds: 1_500,
    attempts: [],
    verdict: "attempts used up",
    broken: undefined,
  });
});

Deno.test("access entry: a refused request is dated now, and has no attempts", () => {
  assertEquals(refusedEntry(REQUEST, { status: 405, reason: "why" }, NOW), {
    time: new Date(NOW),
    ...REQUEST,
    status: 405,
    milliseconds: 0,
    attempts: [],
    refused: "why",
  });
});

for (
  const [path, logged] of [
    ["/a?b=%20'\"\\~", "/a?b=%20'\"\\~"],
    ["/a b", "/a%20b"],
    ["/\r\n2026 forged", "/%0D%0A2026%20forged"],
    ["/\x1b[2J\x7f", "/%1B[2J%7F"],
    ["/\x9b", "/%C2%9B"],
    ["/ä\u202e", "/%C3%A4%E2%80%AE"],
    ["/\ud800x", "/%EF%BF%BDx"],
  ] as const
) {
  Deno.test(`access entry: the path ${encodeURI(path.toWellFormed())} cannot forge a line`, () => {
    const request = { ...REQUEST, path };
    const refused = refusedEntry(request, { status: 400, reason: "why" }, NOW);
    const ending = { status: 200, broken: undefined, milliseconds: 0 };
    const finished = finishedEntry(request, FAILED, ending, NOW);
    assertEquals([refused.path, finished.path], [logged, logged]);
    for (const entry of [refused, finished]) {
      assertEquals(/^[\x20-\x7e]*$/.test(textLine(entry)), true);
    }
  });
}
