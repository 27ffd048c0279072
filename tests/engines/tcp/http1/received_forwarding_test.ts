import { assertEquals } from "@std/assert";
import { bytesOf, textOf } from "../../../../lib/engines/tcp/http1/bytes.ts";
import { RequestHead } from "../../../../lib/engines/tcp/http1/request_head.ts";
import { lines } from "../../../support/head_writer.ts";

const START = ["GET / HTTP/1.1", "Host: a"];

/** Parses these lines. @returns what was recorded, and the lines that are not forwarded */
function read(trusted: boolean, ...sent: string[]) {
  const bytes = bytesOf(lines(...START, ...sent));
  const head = new RequestHead();
  head.forwarding.trusted = trusted;
  head.reset(0);
  head.scan(bytes, bytes.length);
  const { forwarding, droppedRanges, droppedRangeCount } = head;
  const dropped = Array.from(
    { length: droppedRangeCount },
    (_, i) => textOf(bytes, droppedRanges[2 * i], droppedRanges[2 * i + 1]),
  ).join("");
  return {
    head,
    forwarding,
    dropped,
    forwardedFor: textOf(bytes, forwarding.forwardedForStart, forwarding.forwardedForEnd),
    via: textOf(bytes, forwarding.viaStart, forwarding.viaEnd),
  };
}

const LISTS = ["VIA:\t1.0 b ", "x-forwarded-for: 9.9.9.9"];
const OTHERS = ["X-Forwarded-Proto: c", "X-Forwarded-Host: d", "X-Forwarded-Port: e"];
const ID = "X-Request-Id: f";

const text = (...all: string[]) => all.map((line) => `${line}\r\n`).join("");

Deno.test("received forwarding: of a trusted peer, only Via and X-Forwarded-For are dropped, to be appended to", () => {
  const { forwarding, dropped, forwardedFor, via } = read(true, ...LISTS, ...OTHERS, ID);
  assertEquals([dropped, forwardedFor, via], [text(...LISTS), "9.9.9.9", "1.0 b"]);
  assertEquals([
    forwarding.forwardedProto,
    forwarding.forwardedHost,
    forwarding.requestId,
    forwarding.any,
  ], [
    true,
    true,
    true,
    true,
  ]);
  assertEquals(forwarding.hasRepeatedList, false);
});

Deno.test("received forwarding: of an untrusted peer, only Via and X-Request-Id are recorded", () => {
  const { forwarding, dropped, forwardedFor, via } = read(false, ...LISTS, ID, ...OTHERS);
  assertEquals([dropped, forwardedFor, via], [text(...LISTS, ...OTHERS), "", "1.0 b"]);
  assertEquals([
    forwarding.forwardedProto,
    forwarding.forwardedHost,
    forwarding.requestId,
    forwarding.any,
  ], [
    false,
    false,
    true,
    true,
  ]);
  assertEquals(read(false, LISTS[1]!, LISTS[1]!, ...OTHERS).forwarding, read(false).forwarding);
  assertEquals(read(false).forwarding.any, false);
});

Deno.test("received forwarding: any field that changes the added lines is noticed", () => {
  for (const line of [...LISTS, OTHERS[0]!, OTHERS[1]!, ID]) {
    assertEquals(read(true, line).forwarding.any, true, line);
  }
  assertEquals(read(true, OTHERS[2]!).forwarding.any, false);
});

Deno.test("received forwarding: a repeated list is noticed", () => {
  for (const line of LISTS) {
    assertEquals(read(true, line, ID, line).forwarding.hasRepeatedList, true);
  }
  assertEquals(read(false, LISTS[0]!, LISTS[0]!).forwarding.hasRepeatedList, true);
  assertEquals(read(true, ID, ID, ...OTHERS, ...OTHERS).forwarding.hasRepeatedList, false);
});

Deno.test("received forwarding: reset keeps whether the peer is trusted, and nothing else", () => {
  const { head } = read(true, ...LISTS, ...LISTS, ...OTHERS, ID);
  head.reset(0);
  assertEquals(head.forwarding, read(true).forwarding);
});
