import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { bytesOf, textOf } from "../../../../lib/engines/tcp/http1/bytes.ts";
import { Malformed } from "../../../../lib/engines/tcp/http1/malformed.ts";
import { ResponseHead } from "../../../../lib/engines/tcp/http1/response_head.ts";

/** Parses a head at an offset of a buffer. @returns undefined if it is not complete */
function scan(text: string, start = 64) {
  const bytes = bytesOf("?".repeat(start) + text);
  const head = new ResponseHead();
  head.reset(start);
  return head.scan(bytes, bytes.length) ? { head, bytes } : undefined;
}

/** Parses a complete head. */
function scanWhole(text: string) {
  const scanned = scan(text);
  assert(scanned !== undefined, `incomplete: ${JSON.stringify(text)}`);
  return scanned!;
}

/** A response with these field lines. */
const withFields = (...lines: string[]) => ["HTTP/1.1 200 OK", ...lines, "", ""].join("\r\n");

/** All that a head has recorded, without unused entries of droppedRanges. */
const factsOf = (head: ResponseHead) => ({
  ...head,
  connectionOptions: [...head.connectionOptions ?? []],
  droppedRanges: [...head.droppedRanges.subarray(0, 2 * head.droppedRangeCount)],
});

/** The field lines that are forwarded. */
function forwarded({ head, bytes }: ReturnType<typeof scanWhole>): string {
  let left = "", from = head.fieldsStart;
  for (let i = 0; i < head.droppedRangeCount; i++) {
    left += textOf(bytes, from, head.droppedRanges[2 * i]!);
    from = head.droppedRanges[2 * i + 1]!;
  }
  return left + textOf(bytes, from, head.end - 2);
}

/** Asserts that a text is refused, at once and byte by byte, with garbage after it. */
function assertRefused(text: string, status = 400): void {
  assertEquals(assertThrows(() => scan(text), Malformed, undefined, text).status, status);
  for (const garbage of [0, 10, 13, 32, 48, 65]) {
    const buffer = new Uint8Array(text.length + 20).fill(garbage);
    const head = new ResponseHead();
    head.reset(0);
    assertThrows(() => {
      for (let i = 0; i < text.length; i++) {
        buffer[i] = text.charCodeAt(i);
        head.scan(buffer, i + 1);
      }
    }, Malformed);
  }
}

Deno.test("response head: a status of 100 to 999 is accepted, with any reason or none", () => {
  for (const status of ["100", "101", "200", "299", "404", "590", "599", "600", "999"]) {
    for (const reason of ["", " ", " OK", " A  b\tc", "  x ", " \x80\xff", " HTTP/1.1 500"]) {
      const text = `HTTP/1.1 ${status}${reason}\r\nX: y\r\n\r\n`;
      const { head, bytes } = scanWhole(`${text}body`);
      assertEquals(head.status, Number(status));
      assertEquals(textOf(bytes, head.start, head.end), text);
      assertEquals(textOf(bytes, head.fieldsStart, head.end), "X: y\r\n\r\n");
    }
  }
});

for (
  const [what, ...lines] of [
    ["another version", "HTTP/1.2 200 OK", "HTTP/2.0 200 OK", "HTTP/0.9 200 OK", "HTTP/1./ 200 OK"],
    ["a version of another form", "HTTP/11 200 OK", "HTTP/1.10 200 OK", "HTTP/1,1 200 OK"],
    ["another protocol", "http/1.1 200 OK", "ICY 200 OK so far", "220 mail.test ready"],
    ["a status out of range", "HTTP/1.1 099 OK", "HTTP/1.1 000 OK"],
    ["a status of another length", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1  OK"],
    ["a status that is no number", "HTTP/1.1 2x0 OK", "HTTP/1.1 20: OK", "HTTP/1.1 2/0 OK"],
    ["a status that is no number", "HTTP/1.1 2:0 OK", "HTTP/1.1 20/ OK", "HTTP/1.1 x00 OK"],
    ["two spaces", "HTTP/1.1  200 OK", "HTTP/1.1   20 OK"],
    ["a tab for a space", "HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK"],
    ["no space before its reason", "HTTP/1.1 200OK", "HTTP/1.1 200-OK"],
    ["an empty line before it", "\r\nHTTP/1.1 200 OK"],
    ["a bare LF", "HTTP/1.1 200 OK\nX: y", "HTTP/1.1 200\nX: y", "\nHTTP/1.1 200 OK"],
    ["a bare CR", "HTTP/1.1 200 OK\rXY: z", "HTTP/1.1 200\rX: y", "HTTP/1.1 200 OK\r"],
    ["a control character", "HTTP/1.1 200 O\0K", "HTTP/1.1 200 \x7f", "HTTP/1.1 200 \x1b"],
  ] as const
) {
  Deno.test(`response head: a status line with ${what} is refused: ${lines[0]}`, () => {
    for (const line of lines) assertRefused(`${line}\r\nX: yyyyyyyyyyyyyyy\r\n\r\n`);
  });
}

Deno.test("response head: an invalid byte is refused as soon as it arrives", () => {
  for (const text of ["HTTP/2", "HTTP/1.1 2000", "HTTP/1.1 200 O\0", "HTTP/1.1 200 OK\r\nX: \0"]) {
    assertThrows(() => scan(text), Malformed);
  }
});

Deno.test("response head: field lines are parsed as strictly as in requests", () => {
  for (const line of ["X : a", " a", "X", "X: a\nY: b", "X: a\rY: b", "X: \0", ": a", "\rX: a"]) {
    assertRefused(withFields("A: b", line));
  }
});

Deno.test("response head: 100 fields are accepted, 101 are refused", () => {
  const lines = new Array(100).fill("X: y");
  scanWhole(withFields(...lines));
  assertRefused(withFields(...lines, "X: y"), 431);
});

for (
  const [what, version, lines, status] of [
    ["a length before chunked", "1.1", ["Content-Length: 5", "Transfer-Encoding: chunked"], 400],
    ["a length after chunked", "1.1", ["Transfer-Encoding: chunked", "Content-Length: 0"], 400],
    ["two different lengths", "1.1", ["Content-Length: 5", "Content-Length: 6"], 400],
    ["a length that is no number", "1.1", ["Content-Length: 5, 5"], 400],
    ["chunked in HTTP/1.0", "1.0", ["Transfer-Encoding: chunked"], 400],
    ["chunked twice", "1.1", ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], 400],
    ["gzip", "1.1", ["Transfer-Encoding: gzip, chunked"], 501],
  ] as const
) {
  Deno.test(`response head: framing by ${what} is refused`, () => {
    assertRefused([`HTTP/${version} 200 OK`, ...lines, "", ""].join("\r\n"), status);
  });
}

Deno.test("response head: Content-Length and Transfer-Encoding are recorded", () => {
  const framing = (...lines: string[]) => {
    const { contentLength, chunked } = scanWhole(withFields(...lines)).head;
    return [contentLength, chunked];
  };
  assertEquals(framing("Content-Length: 5", "content-length: 05"), [5, false]);
  assertEquals(framing("transfer-encoding: Chunked"), [-1, true]);
  assertEquals(framing("X: y"), [-1, false]);
});

Deno.test("response head: hop-by-hop fields are not forwarded, all others are", () => {
  const lines = [
    ...[
      "Connection: x-a",
      "Keep-Alive: timeout=5",
      "X-A: here",
      "TE: x",
      "Upgrade: a",
      "Via: 1.1 b",
    ],
    ...["Proxy-Authenticate: c", "HOST: d", "host: e", "Trailer: f", "Transfer-Encoding: chunked"],
    ...[
      "Expect: g",
      "X-Request-Id: h",
      "proxy-connection: i",
      "Set-Cookie: j",
      "Set-Cookie:k\xff ",
    ],
  ];
  const hop = /^(?:connection|keep-alive|te|upgrade|proxy-\w+|transfer-encoding):/i;
  const expected = lines.filter((line) => !hop.test(line)).map((line) => `${line}\r\n`).join("");
  assertEquals(forwarded(scanWhole(withFields(...lines))), expected);
});

for (
  const [lines, seconds] of [
    [[], -1],
    [["Keep-Alive: timeout=5"], 5],
    [["keep-alive:timeout=0"], 0],
    [["Keep-Alive: max=100, Timeout=120"], 120],
    [["Keep-Alive: timeout=999999"], 999_999],
    [["Keep-Alive: max=5"], -1],
    [["Keep-Alive: timeout=x"], -1],
    [["Keep-Alive: timeout=-5"], -1],
    [["Keep-Alive: notimeout=5"], -1],
    [["Keep-Alive: max=5", "Keep-Alive: timeout=7", "Keep-Alive: x"], 7],
    [["X-Keep-Alive: timeout=5", "Connection: timeout=6", "Via: timeout=7", "Host: timeout=8"], -1],
  ] as const
) {
  Deno.test(`response head: ${lines.join(" and ") || "no Keep-Alive"} sets idleSeconds to ${seconds}`, () => {
    assertEquals(scanWhole(withFields(...lines)).head.idleSeconds, seconds);
  });
}

for (
  const [value, options, names] of [
    ["close", "close", []],
    ["CLOSE", "close", []],
    ["keep-alive", "keepAlive", []],
    [" Keep-Alive\t", "keepAlive", []],
    ["Upgrade", "upgrade", []],
    ["upgrade, Close,keep-alive", "close keepAlive upgrade", []],
    [", ,close\t,,", "close", []],
    ["X-A", "", ["x-a"]],
    ["x-a ,CLOSE, X-B,, x-A", "close", ["x-a", "x-b"]],
    ["closed, keep-alive2, upgrades", "", ["closed", "keep-alive2", "upgrades"]],
    ["close x", "", ["close x"]],
    ["clos\xe9", "", ["clos\xe9"]],
    ["keep_alive", "", ["keep_alive"]],
    ["Host, Content-Length, Date, TE, Transfer-Encoding", "", []],
    ["te, trailer", "", ["trailer"]],
    ["", "", []],
  ] as const
) {
  Deno.test(`response head: Connection: ${JSON.stringify(value)} sets [${options}] and lists [${names}]`, () => {
    const scanned = scanWhole(withFields(`Connection: ${value}`, "X-A: kept here"));
    const { head } = scanned;
    const set = (["close", "keepAlive", "upgrade"] as const).filter((option) => head[option]);
    assertEquals([set.join(" "), [...head.connectionOptions ?? []]], [options, [
      ...names,
    ]]);
    assertEquals(forwarded(scanned), "X-A: kept here\r\n");
  });
}

Deno.test("response head: several Connection lines are combined, and Proxy-Connection is ignored", () => {
  const { head } = scanWhole(withFields("Connection: x-a", "connection: close", "CONNECTION: x-b"));
  assertEquals([head.close, [...head.connectionOptions!]], [true, ["x-a", "x-b"]]);
  const { close, keepAlive, upgrade, connectionOptions } =
    scanWhole(withFields("Proxy-Connection: close")).head;
  assertEquals([close, keepAlive, upgrade, connectionOptions], [false, false, false, undefined]);
});

Deno.test("response head: the connection persists in HTTP/1.1 unless Connection lists close, in HTTP/1.0 only if it lists keep-alive", () => {
  const persisting = ["1.1 x", "1.1 keep-alive", "1.0 keep-alive"];
  for (const version of ["1.0", "1.1"]) {
    for (const connection of ["x", "close", "keep-alive", "keep-alive, close"]) {
      const text = `HTTP/${version} 200 OK\r\nConnection: ${connection}\r\n\r\n`;
      const expected = persisting.includes(`${version} ${connection}`);
      const { minor, persistent } = scanWhole(text).head;
      assertEquals([`1.${minor}`, persistent], [version, expected], `${version} ${connection}`);
    }
  }
});

Deno.test("response head: dropped lines can be replaced, and adjacent ones become one range", () => {
  const scanned = scanWhole(withFields("TE: x", "A: b", "C: d", "E: f"));
  const at = scanned.head.fieldsStart;
  scanned.head.replaceDroppedLines([[at, at + 7], [at + 7, at + 13], [at + 19, at + 25]]);
  assertEquals([scanned.head.droppedRangeCount, forwarded(scanned)], [2, "C: d\r\n"]);
  scanned.head.replaceDroppedLines([]);
  assertEquals(forwarded(scanned), "TE: x\r\nA: b\r\nC: d\r\nE: f\r\n");
});

Deno.test("response head: the result is the same wherever the input is split", () => {
  const lines = fc.shuffledSubarray([
    ...["Connection: close, x-a", "Keep-Alive: timeout=5", "X-A:", "TE: \xff", "Upgrade: a"],
    ...["Content-Length: 5", "Content-Length:05 ", "Via: 1.1 b", "Y: z\t "],
  ]);
  const reason = fc.constantFrom("", " ", " OK", " \x80 x");
  const slow = new ResponseHead(), head = new ResponseHead(); // reused, as by the engine
  fc.assert(
    fc.property(reason, fc.nat(1), lines, fc.nat(255), (reason, minor, lines, garbage) => {
      const text = [`HTTP/1.${minor} 200${reason}`, ...lines, "", ""].join("\r\n");
      const whole = scanWhole(text);
      slow.reset(64);
      for (let split = 64; split <= whole.bytes.length; split++) {
        const buffer = new Uint8Array(whole.bytes.length + 20).fill(garbage);
        buffer.set(whole.bytes.subarray(0, split));
        const complete = split === whole.bytes.length;
        assertEquals(slow.scan(buffer, split), complete);
        head.reset(64);
        assertEquals(head.scan(buffer, split), complete);
        buffer.set(whole.bytes);
        assertEquals(head.scan(buffer, whole.bytes.length), true);
        assertEquals(factsOf(head), factsOf(whole.head));
      }
      assertEquals(factsOf(slow), factsOf(whole.head));
    }),
    { seed: 20261122, numRuns: 30 },
  );
});
