import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { bytesOf, textOf } from "../../../../lib/engines/tcp/http1/bytes.ts";
import { Malformed } from "../../../../lib/engines/tcp/http1/malformed.ts";
import { RequestHead } from "../../../../lib/engines/tcp/http1/request_head.ts";

const SEED = { seed: 20261122 };

/** Parses a complete head at an offset of a buffer. */
function scan(text: string, start = 0) {
  const bytes = bytesOf("?".repeat(start) + text);
  const head = new RequestHead();
  head.reset(start);
  assert(head.scan(bytes, bytes.length), `incomplete: ${JSON.stringify(text)}`);
  return { head, bytes };
}

/** A request with these field lines. */
const withFields = (...lines: string[]) =>
  ["GET / HTTP/1.1", "Host: a", ...lines, "", ""].join("\r\n");

/** All that a head has recorded, without unused entries of droppedRanges. */
const factsOf = (head: RequestHead) => ({
  ...head,
  connectionOptions: [...head.connectionOptions ?? []],
  droppedRanges: [...head.droppedRanges.subarray(0, 2 * head.droppedRangeCount)],
});

/** The field lines that are forwarded. */
function forwarded({ head, bytes }: ReturnType<typeof scan>): string {
  let left = "", from = head.fieldsStart;
  for (let i = 0; i < head.droppedRangeCount; i++) {
    left += textOf(bytes, from, head.droppedRanges[2 * i]!);
    from = head.droppedRanges[2 * i + 1]!;
  }
  return left + textOf(bytes, from, head.end - 2);
}

Deno.test("request head: offsets give its parts, wherever it begins in the buffer", () => {
  for (const at of [0, 3]) {
    const { head, bytes } = scan("POST /a?b HTTP/1.0\r\nHost: \t b:1 \t\r\nX: y\r\n\r\nbody", at);
    const { start, methodEnd, targetStart, targetEnd, fieldsStart, end, hostStart, hostEnd } = head;
    assertEquals([start, bytes.length - end, head.minor], [at, 4, 0]);
    assertEquals(textOf(bytes, start, methodEnd), "POST");
    assertEquals(textOf(bytes, targetStart, targetEnd), "/a?b");
    assertEquals(textOf(bytes, hostStart, hostEnd), "b:1");
    assertEquals(textOf(bytes, fieldsStart, fieldsStart + 5), "Host:");
  }
});

Deno.test("request head: one empty line before it is skipped", () => {
  for (const at of [0, 3]) {
    const { head, bytes } = scan(`\r\n${withFields()}`, at);
    assertEquals([head.start, head.end, head.readMethod(bytes)], [at + 2, bytes.length, "GET"]);
  }
});

Deno.test("request head: a method may be any token, in any case", () => {
  const common = ["GET", "POST", "PUT", "HEAD", "DELETE", "PATCH", "G", "P", "H", "GE", "PU", "HE"];
  const near = ["GETS", "PUTS", "POSTS", "HEADS", "GOT", "GEX", "PAT", "PUP", "POOT", "PXST"];
  const others = ["HEAT", "HELD", "PoST", "PRI", "QQQ", "YPUT", "!#$%&'*+-.^_`|~09"];
  for (const method of [...common, ...near, ...others]) {
    for (const spelt of [method, method.toLowerCase()]) {
      const { head, bytes } = scan(`${spelt} / HTTP/1.1\r\nHost: a\r\n\r\n`, 7);
      assertEquals(head.readMethod(bytes), spelt);
    }
  }
});

Deno.test("request head: a target may be any visible ASCII, and is classified by its form", () => {
  const origin = ["/", "//x", "/*", "/!\"$%&'()*+,-./:;<=>?@[\\]^_`{|}~"];
  const absolute = ["**", "*a", "http://a/", "a:443", "?", "a"];
  for (const target of [...origin, ...absolute, "*"]) {
    const { head, bytes } = scan(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    assertEquals(textOf(bytes, head.targetStart, head.targetEnd), target);
    const form = absolute.includes(target) ? "absolute" : target === "*" ? "asterisk" : "origin";
    assertEquals(head.form, form, target);
  }
});

Deno.test("request head: forEachLine visits lines in order, names in lower case and values trimmed", () => {
  const { head, bytes } = scan(
    withFields("X-A:", "x-b: \t ", "X-C:\t a\t b:\t", "!: \x80\xff\xa0"),
  );
  const lines: [string, string, string][] = [];
  head.forEachLine(bytes, (name, value, from, to) => {
    lines.push([name, value, textOf(bytes, from, to)]);
  });
  assertEquals(lines, [
    ["host", "a", "Host: a\r\n"],
    ["x-a", "", "X-A:\r\n"],
    ["x-b", "", "x-b: \t \r\n"],
    ["x-c", "a\t b:", "X-C:\t a\t b:\t\r\n"],
    ["!", "\x80\xff\xa0", "!: \x80\xff\xa0\r\n"],
  ]);
});

Deno.test("request head: 100 fields are accepted, and adjacent dropped lines become one range", () => {
  const lines = Array.from({ length: 99 }, (_, i) => `${i % 2 === 0 ? "TE" : "X"}: ${i}`);
  assertEquals(scan(withFields(...lines)).head.droppedRangeCount, 50);
  assertEquals(scan(withFields(...new Array(99).fill("TE: x"))).head.droppedRangeCount, 1);
});

Deno.test("request head: Content-Length is a number of up to fifteen digits", () => {
  const values = [["5", 5], ["0", 0], ["0042", 42], ["\t 7\t ", 7], [
    "987654321098765",
    987654321098765,
  ]];
  for (const [value, length] of values) {
    assertEquals(scan(withFields(`content-length:${value}`)).head.contentLength, length);
  }
  assertEquals(scan(withFields("Content-Lengths: 5")).head.contentLength, -1);
  assertEquals(scan(withFields("Content-Length: 0", "Content-Length: 00")).head.contentLength, 0);
});

Deno.test("request head: only the first of equal Content-Lengths is forwarded", () => {
  const lines = ["Content-Length: 5", "X: y", "Content-Length: 05", "content-length:5", "Z:"];
  assertEquals(
    forwarded(scan(withFields(...lines))),
    "Host: a\r\nContent-Length: 5\r\nX: y\r\nZ:\r\n",
  );
});

Deno.test("request head: chunked is recognized in any case", () => {
  for (const line of ["Transfer-Encoding: chunked", "transfer-encoding:\tCHUNKED "]) {
    const scanned = scan(withFields(line));
    assertEquals([scanned.head.chunked, forwarded(scanned)], [true, "Host: a\r\n"]);
  }
  assertEquals(scan(withFields()).head.chunked, false);
});

Deno.test("request head: Host may be empty, and HTTP/1.0 may have none", () => {
  const empty = scan("GET / HTTP/1.1\r\nHost:\r\n\r\n").head;
  assertEquals([empty.hostStart, empty.hostEnd], [21, 21]);
  const none = scan("GET / HTTP/1.0\r\n\r\n").head;
  assertEquals([none.hostStart, none.hostEnd], [0, 0]);
});

Deno.test("request head: the connection persists in HTTP/1.1 unless Connection lists close, in HTTP/1.0 only if it lists keep-alive", () => {
  const persisting = ["1.1 x", "1.1 keep-alive", "1.0 keep-alive"];
  for (const version of ["1.0", "1.1"]) {
    for (const connection of ["x", "close", "keep-alive", "keep-alive, close"]) {
      const text = `GET / HTTP/${version}\r\nHost: a\r\nConnection: ${connection}\r\n\r\n`;
      const expected = persisting.includes(`${version} ${connection}`);
      assertEquals(scan(text).head.persistent, expected, `${version} ${connection}`);
    }
  }
});

Deno.test("request head: the value of Upgrade is recorded, and its line is not forwarded", () => {
  const scanned = scan(withFields("X: y", "Upgrade:\t websocket, x \t", "Z:"));
  const { head, bytes } = scanned;
  assertEquals(textOf(bytes, head.upgradeStart, head.upgradeEnd), "websocket, x");
  assertEquals([head.upgrade, forwarded(scanned)], [false, "Host: a\r\nX: y\r\nZ:\r\n"]);
  const none = scan(withFields("X: y")).head;
  assertEquals([none.upgradeStart, none.upgradeEnd], [0, 0]);
});

Deno.test("request head: Expect and Max-Forwards are noticed, and not dropped", () => {
  for (const line of ["EXPECT: b", "Max-Forwards: 1"]) {
    const scanned = scan(withFields(line));
    assertEquals([scanned.head.hasExpectOrMaxForwards, forwarded(scanned)], [
      true,
      `Host: a\r\n${line}\r\n`,
    ]);
  }
  const others = ["X: y", "Via: x", "X-Forwarded-For: y", "TE: x", "Trailer: y", "Connection: via"];
  assertEquals(scan(withFields(...others)).head.hasExpectOrMaxForwards, false);
});

Deno.test("request head: it may be as large as the limit, and its target half as large", () => {
  const { head } = scan(`\r\n${withFields(`X: ${"y".repeat(80)}`)}`, 7);
  const size = head.end - head.start;
  head.checkSize(size);
  assertEquals(assertThrows(() => head.checkSize(size - 1), Malformed).status, 431);
  const long = scan("GET /bcdefghij HTTP/1.1\r\nHost: a\r\n\r\n", 7).head;
  assertEquals(assertThrows(() => long.checkSize(19), Malformed).status, 414);
  assertEquals(assertThrows(() => long.checkSize(20), Malformed).status, 431);
  assertEquals([long.sizeError(19).status, long.sizeError(20).status], [414, 431]);
  const target = scan(`GET /${"b".repeat(99)} HTTP/1.1\r\nHost: a\r\n\r\n`).head;
  assertEquals(assertThrows(() => target.checkSize(199), Malformed).status, 414);
  target.checkSize(200);
});

Deno.test("request head: an incomplete head that is too large gets 414 if its target is the reason, otherwise 431", () => {
  for (const [text, status] of [[`GET /${"b".repeat(50)}`, 414], ["G".repeat(99), 431]] as const) {
    const head = new RequestHead();
    head.reset(0);
    assertEquals(head.scan(bytesOf(text), text.length), false);
    assertEquals([head.sizeError(101).status, head.sizeError(102).status], [status, 431]);
  }
});

Deno.test("request head: reset clears everything of the previous head", () => {
  const options = withFields("Connection: close, keep-alive, upgrade, x", "TE: y", "Via: z");
  const old = "\r\nPUT * HTTP/1.0\r\nUpgrade: x\r\nContent-Length: 5\r\n\r\n";
  const texts = [withFields("Transfer-Encoding: chunked"), "P http://b HTTP/1.0\r\n\r\n"];
  const head = new RequestHead();
  for (const before of [options, old, "GET /x HTTP/1", ...texts]) {
    for (const text of texts) {
      head.reset(9);
      head.scan(bytesOf("?".repeat(9) + before), 9 + before.length);
      head.reset(0);
      assertEquals([head.end, head.targetEnd, head.sizeError(0).status], [0, 0, 431]);
      head.scan(bytesOf(text), text.length);
      assertEquals(factsOf(head), factsOf(scan(text).head));
    }
  }
});

const TOKEN = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const OTHER = fc.tuple(TOKEN, fc.stringMatching(/^[\t -~\x80-\xff]{0,12}$/))
  .map(([name, value]) => `my-${name}:${value}`);
const HOP_BY_HOP = ["Connection: close", "connection:x-a, Keep-Alive", "TE: a", "Keep-Alive: b"];
const FROM_PROXIES = ["Via: 1.0 b", "X-Forwarded-For: d", "x-forwarded-host: e"];
const DROPPED = fc.subarray([...HOP_BY_HOP, ...FROM_PROXIES, "Upgrade: h", "Proxy-Connection: c"]);
const FORWARDED = fc.subarray(["Host: a", "X-Request-Id: b", "Trailer: c", "Expect: d"]);
const FRAMING = fc.constantFrom([], ["Content-Length: 5"], ["Transfer-Encoding: Chunked"]);
const HEADS = fc.tuple(fc.array(OTHER, { maxLength: 6 }), DROPPED, FORWARDED, FRAMING).chain(
  (lines) => {
    const all = [...lines.flat(), ...(lines[2].includes("Host: a") ? [] : ["Host:"])];
    return fc.record({
      first: fc.stringMatching(/^(\r\n)?[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12} [!"$-~]{1,20}$/),
      lines: fc.shuffledSubarray(all, { minLength: all.length }),
      dropped: fc.constant(
        new Set([
          ...lines[1],
          ...lines[3].filter((line) => line.startsWith("T")),
        ]),
      ),
    });
  },
);

Deno.test("request head: the result is the same wherever the input is split", () => {
  fc.assert(
    fc.property(HEADS, fc.nat(255), fc.nat(5), ({ first, lines, dropped }, garbage, start) => {
      const text = [`${first} HTTP/1.1`, ...lines, "", ""].join("\r\n");
      const whole = scan(text, start);
      const ends = [whole.head.readMethod(whole.bytes), whole.head.end];
      assertEquals(ends, [/\S+/.exec(text)![0], start + text.length]);
      assertEquals(
        forwarded(whole),
        lines.filter((l) => !dropped.has(l)).map((l) => `${l}\r\n`).join(""),
      );
      const facts = JSON.stringify(factsOf(whole.head));
      const slow = new RequestHead(), head = new RequestHead();
      slow.reset(start);
      for (let split = start; split <= whole.bytes.length; split++) {
        const buffer = new Uint8Array(whole.bytes.length + 9).fill(garbage);
        buffer.set(whole.bytes.subarray(0, split));
        const complete = split === whole.bytes.length;
        assertEquals(slow.scan(buffer, split), complete);
        head.reset(start);
        assertEquals(head.scan(buffer, split), complete);
        buffer.set(whole.bytes);
        assertEquals(head.scan(buffer, whole.bytes.length), true);
        assertEquals(JSON.stringify(factsOf(head)), facts, `split at ${split}`);
      }
      assertEquals(JSON.stringify(factsOf(slow)), facts);
    }),
    { ...SEED, numRuns: 60 },
  );
});
