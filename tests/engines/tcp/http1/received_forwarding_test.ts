import { assertEquals } from "@std/assert";
import { bytesOf, textOf } from "../../../../lib/engines/tcp/http1/bytes.ts";
import { RequestHead } from "../../../../lib/engines/tcp/http1/request_head.ts";
import { lines } from "../../../support/head_writer.ts";

const START = ["GET / HTTP/1.1", "Host: a"];

/** What the lines say, and which of them stay behind. */
function heard(trusted: boolean, ...sent: string[]) {
  const bytes = bytesOf(lines(...START, ...sent));
  const head = new RequestHead();
  head.forwarding.trusted = trusted;
  head.reset(0);
  head.scan(bytes, bytes.length);
  const { forwarding: heard, droppedRanges, droppedRangeCount } = head;
  const behind = Array.from(
    { length: droppedRangeCount },
    (_, i) => textOf(bytes, droppedRanges[2 * i], droppedRanges[2 * i + 1]),
  ).join("");
  return {
    head,
    heard,
    behind,
    forwardedFor: textOf(bytes, heard.forwardedForStart, heard.forwardedForEnd),
    via: textOf(bytes, heard.viaStart, heard.viaEnd),
  };
}

const LISTS = ["VIA:\t1.0 b ", "x-forwarded-for: 9.9.9.9"];
const OTHERS = ["X-Forwarded-Proto: c", "X-Forwarded-Host: d", "X-Forwarded-Port: e"];
const ID = "X-Request-Id: f";

const text = (...all: string[]) => all.map((line) => `${line}\r\n`).join("");

Deno.test("heard lines: of a trusted peer lists stay behind, to go on in ours, and all else stays", () => {
  const { heard: it, behind, forwardedFor, via } = heard(true, ...LISTS, ...OTHERS, ID);
  assertEquals([behind, forwardedFor, via], [text(...LISTS), "9.9.9.9", "1.0 b"]);
  assertEquals([it.forwardedProto, it.forwardedHost, it.requestId, it.any], [
    true,
    true,
    true,
    true,
  ]);
  assertEquals(it.hasRepeatedList, false);
});

Deno.test("heard lines: of any other nothing is believed but Via and X-Request-Id", () => {
  const { heard: it, behind, forwardedFor, via } = heard(false, ...LISTS, ID, ...OTHERS);
  assertEquals([behind, forwardedFor, via], [text(...LISTS, ...OTHERS), "", "1.0 b"]);
  assertEquals([it.forwardedProto, it.forwardedHost, it.requestId, it.any], [
    false,
    false,
    true,
    true,
  ]);
  assertEquals(heard(false, LISTS[1]!, LISTS[1]!, ...OTHERS).heard, heard(false).heard);
  assertEquals(heard(false).heard.any, false);
});

Deno.test("heard lines: any one of them makes ours other ones", () => {
  for (const line of [...LISTS, OTHERS[0]!, OTHERS[1]!, ID]) {
    assertEquals(heard(true, line).heard.any, true, line);
  }
  assertEquals(heard(true, OTHERS[2]!).heard.any, false);
});

Deno.test("heard lines: a list in several lines is noticed", () => {
  for (const line of LISTS) assertEquals(heard(true, line, ID, line).heard.hasRepeatedList, true);
  assertEquals(heard(false, LISTS[0]!, LISTS[0]!).heard.hasRepeatedList, true);
  assertEquals(heard(true, ID, ID, ...OTHERS, ...OTHERS).heard.hasRepeatedList, false);
});

Deno.test("heard lines: a head that is begun anew is one of the same peer", () => {
  const { head } = heard(true, ...LISTS, ...LISTS, ...OTHERS, ID);
  head.reset(0);
  assertEquals(head.forwarding, heard(true).heard);
});
