import { assertEquals, assertThrows } from "@std/assert";
import { bytesOf, textOf } from "../../../../lib/engines/tcp/http1/bytes.ts";
import { Chunked } from "../../../../lib/engines/tcp/http1/chunked.ts";
import { Malformed } from "../../../../lib/engines/tcp/http1/malformed.ts";
import { pass } from "../../../support/chunked_pieces.ts";

/** The bytes to forward of a complete body, at once or byte by byte. */
function passed(text: string, dataOnly = false): string {
  const whole = pass([text], dataOnly);
  assertEquals([whole.done, whole.rest, whole.remaining], [true, "", 0], JSON.stringify(text));
  assertEquals(pass([...text], dataOnly), whole);
  return whole.kept;
}

/** The status that a text is refused with, at once or byte by byte. */
function refusal(text: string): number {
  const { status } = assertThrows(() => pass([text]), Malformed, undefined, JSON.stringify(text));
  for (const garbage of [10, 13, 48]) {
    const slow = assertThrows(() => pass([...text], true, 3, garbage), Malformed);
    assertEquals(slow.status, status);
  }
  return status;
}

for (
  const [what, text, kept = text, data = "0123456789a".repeat(2)] of [
    ["no data", "0\r\n\r\n", "0\r\n\r\n", ""],
    ["chunks", "3\r\nabc\r\n1\r\n\n\r\n0\r\n\r\n", "3\r\nabc\r\n1\r\n\n\r\n0\r\n\r\n", "abc\n"],
    ["digits in either case", "0b\r\n0123456789a\r\nB\r\n0123456789a\r\n0\r\n\r\n"],
    ["eight digits", "00000002\r\nab\r\n00000000\r\n\r\n", undefined, "ab"],
    ["an extension", "2;a=b\r\nab\r\n0\r\n\r\n", "2\r\nab\r\n0\r\n\r\n", "ab"],
    ["an empty extension", "2;\r\nab\r\n0;\r\n\r\n", "2\r\nab\r\n0\r\n\r\n", "ab"],
    ["several extensions", '2;a;b="\t;\xff"\r\nab\r\n0;c\r\n\r\n', "2\r\nab\r\n0\r\n\r\n", "ab"],
    ["trailers", "0\r\nX: \tb\xff \r\nY:\r\n\r\n", undefined, ""],
    ["a forbidden trailer", "0\r\nA:b\r\nHOST:c\r\nD:e\r\n\r\n", "0\r\nA:b\r\nD:e\r\n\r\n", ""],
    ["only forbidden trailers", "0\r\nTE: b\r\nX-Forwarded-For: c\r\n\r\n", "0\r\n\r\n", ""],
  ] as const
) {
  Deno.test(`chunked: a body with ${what} is accepted: ${JSON.stringify(text)}`, () => {
    assertEquals(passed(text), kept);
    assertEquals(passed(text, true), data);
  });
}

for (
  const [what, ...texts] of [
    ["no size", "\r\n", ";a\r\n", " 1\r\na\r\n", "\n"],
    ["a size that is no number", "g\r\n", "0x1\r\n", "-1\r\n", "+1\r\n", "1_0\r\n", "\xb2\r\n"],
    ["a blank behind its size", "1 \r\na", "1 ;a\r\na", "1\t\r\na"],
    ["nine digits of size", "000000001\r\n", "123456789", "100000000\r\n"],
    ["a size that ends with LF", "1\na\r\n", "0\n\r\n"],
    ["a size that ends with CR", "1\ra\r\n", "1\r\r\na", "0\r\r\n"],
    ["an extension that ends with LF", "1;a\nb\r\n", "0;a\n\r\n"],
    ["an extension with a bare CR", "1;a\rb\r\na\r\n", "1;a\r\r\na\r\n"],
    ["an extension with a control character", "1;\0\r\n", "1;a\x7f\r\n", "1;a\x1b\r\n"],
    ["a chunk longer than its size", "1\r\nab\r\n0\r\n\r\n", "1\r\na0\r\n\r\n", "2\r\nab\n\r\n"],
    ["a chunk shorter than its size", "3\r\na\r\n0\r\n\r\n", "4\r\na\r\n0\r\n\r\n"],
    ["a chunk that ends with LF", "1\r\na\n0\r\n\r\n"],
    ["a chunk that ends with CR", "1\r\na\r0\r\n\r\n", "1\r\na\r\r\n0\r\n\r\n"],
    ["an empty line between chunks", "1\r\na\r\n\r\n0\r\n\r\n"],
    ["a trailer that is folded", "0\r\nA: b\r\n c\r\n\r\n"],
    ["a trailer without a colon", "0\r\nA\r\n\r\n", "0\r\n3\r\n\r\n", "0\r\nA b\r\n\r\n"],
    ["a trailer without a name", "0\r\n: a\r\n\r\n", "0\r\nA: b\r\n:\r\n\r\n"],
    ["a blank before a trailer's colon", "0\r\nA : b\r\n\r\n", "0\r\n A: b\r\n\r\n"],
    ["a trailer whose name is no token", "0\r\n\xe4: b\r\n\r\n", "0\r\nA\0: b\r\n\r\n"],
    ["a trailer that ends with LF", "0\r\nA: b\n\r\n", "0\r\nA:\nC:\r\n\r\n", "0\r\n\nA:\r\n\r\n"],
    ["a trailer with a bare CR", "0\r\nA:\rC:\r\n\r\n", "0\r\nA:\r\r\n\r\n", "0\r\n\r\r\n\r\n"],
    ["a trailer with a control character", "0\r\nA: \0\r\n\r\n", "0\r\nA:\x7f\r\n\r\n"],
    ["a forbidden trailer that is broken", "0\r\nHost: \0\r\n\r\n", "0\r\nHost : a\r\n\r\n"],
  ] as const
) {
  Deno.test(`chunked: a body with ${what} is refused`, () => {
    for (const text of texts) assertEquals(refusal(text), 400);
  });
}

/** Scans a body of a response, in which blanks are allowed. */
const passBlanks = (pieces: readonly string[], dataOnly = false) =>
  pass(pieces, dataOnly, 3, 32, true);

for (
  const [text, kept] of [
    ["5   \r\nhello\r\n0   \r\n\r\n", "5\r\nhello\r\n0\r\n\r\n"],
    ["5\t\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n"],
    ["5 \t ;a=b ;c\r\nhello\r\n0;d\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n"],
    ["00000005       \r\nhello\r\n0 \r\nA: b\r\n\r\n", "00000005\r\nhello\r\n0\r\nA: b\r\n\r\n"],
  ] as const
) {
  Deno.test(`chunked: in a response, blanks after a size are dropped: ${JSON.stringify(text)}`, () => {
    for (const pieces of [[text], [...text]]) {
      assertEquals(passBlanks(pieces), { kept, rest: "", done: true, remaining: 0 });
      assertEquals(passBlanks(pieces, true).kept, "hello");
    }
    assertEquals(refusal(text), 400);
  });
}

Deno.test("chunked: in a response, blanks are allowed nowhere else", () => {
  for (
    const text of [
      " 5\r\nhello\r\n0\r\n\r\n",
      "5 5\r\nhello\r\n0\r\n\r\n",
      "5 \nhello\r\n0\r\n\r\n",
      "5 \r \nhello\r\n0\r\n\r\n",
      "5\v\r\nhello\r\n0\r\n\r\n",
      "5\r\nhello \r\n0\r\n\r\n",
      "5\r\nhello\r\n0\r\n \r\n\r\n",
    ]
  ) {
    for (const pieces of [[text], [...text]]) assertThrows(() => passBlanks(pieces), Malformed);
  }
});

Deno.test("chunked: in a response, up to 256 blanks may follow each size, however many chunks there are", () => {
  const chunk = (blanks: number) => `1${" ".repeat(blanks)}\r\na\r\n`;
  assertEquals(passBlanks([chunk(256).repeat(100), "0\r\n\r\n"]).done, true);
  const { limit } = assertThrows(() => passBlanks([chunk(257)]), Malformed);
  assertEquals(limit, "the limit of chunk extensions");
});

Deno.test("chunked: a body over a limit of ours says which", () => {
  const limitOf = (text: string) => assertThrows(() => pass([text]), Malformed).limit;
  assertEquals(limitOf("123456789"), "4 GiB in one chunk");
  assertEquals(limitOf(`1;${"e".repeat(257)}`), "the limit of chunk extensions");
  assertEquals(limitOf(`0\r\n${"Z".repeat(8193)}`), "8 KiB of trailers");
  assertEquals(limitOf("zz\r\n"), undefined);
});

Deno.test("chunked: extensions may take 256 bytes per chunk, and 16 KiB per body", () => {
  const chunk = (extension: number) => `1;${"e".repeat(extension)}\r\na\r\n`;
  assertEquals(passed(`${chunk(256)}${chunk(256)}0\r\n\r\n`), "1\r\na\r\n1\r\na\r\n0\r\n\r\n");
  assertEquals(refusal(`1;${"e".repeat(257)}`), 400);
  assertEquals(refusal(`${chunk(200)}1;${"e".repeat(257)}`), 400);
  const all = chunk(256).repeat(64);
  assertEquals(pass([all, "1;\r\na\r\n", "0;\r\n\r\n"]).done, true);
  assertThrows(() => pass([all, "1;e"]), Malformed);
  assertThrows(() => pass([all + "0;e"], true), Malformed);
});

Deno.test("chunked: trailers of more than 8 KiB are refused with 431, even if they arrive in parts", () => {
  const line = `X: ${"y".repeat(8 * 1024 - 5)}`;
  assertEquals(pass(["0\r\n", line, "\r\n", "\r\n"]).kept, `0\r\n${line}\r\n\r\n`);
  assertEquals(pass(["0\r\n", `${line}\r\n`], false, 50).rest.length, 8 * 1024);
  const error = assertThrows(() => pass(["0\r\n", `${line}\r\n`, "Z"]), Malformed);
  assertEquals(error.status, 431);
  assertEquals(assertThrows(() => pass([`0\r\n${"Z".repeat(8193)}`]), Malformed).status, 431);
  const atOnce = `0\r\n${line}\r\nX: y\r\n\r\n`;
  assertEquals(assertThrows(() => pass([atOnce]), Malformed).status, 431);
});

Deno.test("chunked: a trailer that Connection lists is not forwarded", () => {
  const bytes = bytesOf("0\r\nX-Hop: 1\r\nX-A: 2\r\nx-hop: 3\r\n\r\n");
  const kept = new Chunked(new Set(["x-hop"])).scan(bytes, 0, bytes.length);
  assertEquals(textOf(bytes, 0, kept), "0\r\nX-A: 2\r\n\r\n");
});

Deno.test("chunked: a bare LF among trailers is refused at once", () => {
  assertEquals(assertThrows(() => pass(["0\r\n\n"]), Malformed).status, 400);
});

Deno.test("chunked: remaining is the data that a chunk still lacks, up to 4 GiB", () => {
  const chunked = new Chunked();
  const scan = (text: string) => chunked.scan(bytesOf(text), 0, text.length);
  scan("1");
  assertEquals(chunked.remaining, 0);
  scan("0;e\r\nabc");
  assertEquals([chunked.remaining, chunked.done], [13, false]);
  scan("0123456789abc\r\nFFFFffff\r");
  assertEquals(chunked.remaining, 0);
  scan("\n");
  assertEquals(chunked.remaining, 0xffffffff);
  scan("abc");
  assertEquals([chunked.remaining, chunked.done], [0xfffffffc, false]);
});

Deno.test("chunked: bytes after the body are not consumed, even by another scan", () => {
  const text = "1;x\r\na\r\n0\r\nTE: x\r\n\r\nGET / HTTP/1.1\r\n\r\n";
  assertEquals(pass([text]), {
    kept: "1\r\na\r\n0\r\n\r\n",
    rest: "GET / HTTP/1.1\r\n\r\n",
    done: true,
    remaining: 0,
  });
  assertEquals(pass([text, "more"]), { ...pass([text]), rest: "GET / HTTP/1.1\r\n\r\nmore" });
});

Deno.test("chunked: trailers are not consumed until they are complete", () => {
  const chunked = new Chunked();
  const bytes = bytesOf("..1\r\na\r\n0\r\nA: b\r\nHost: c\r\n\r\n");
  assertEquals([chunked.scan(bytes, 2, bytes.length - 1), chunked.consumed], [11, 11]);
  assertEquals([chunked.scan(bytes, 11, bytes.length - 2), chunked.consumed], [11, 11]);
  assertEquals([chunked.scan(bytes, 11, bytes.length), chunked.consumed], [19, bytes.length]);
  assertEquals(textOf(bytes, 0, 19), "..1\r\na\r\n0\r\nA: b\r\n\r\n");
});
