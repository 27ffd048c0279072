import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { HEADROOM_BYTES } from "../../../../lib/engines/tcp/backend/connection.ts";
import { bytesOf, textOf } from "../../../../lib/engines/tcp/http1/bytes.ts";
import { ResponseHead } from "../../../../lib/engines/tcp/http1/response_head.ts";
import {
  chooseFraming,
  editHead,
  type Framing,
  insertLine,
  type Persistence,
  removeDroppedLines,
} from "../../../../lib/engines/tcp/http1/response_framing.ts";

const FRAMINGS = ["none", "length", "chunked", "chunked by proxy", "close"] as const;
const PERSISTENCES = [undefined, "close", "keep-alive"] as const;
const BODY = "body, and what follows";

function received(lines: readonly string[]) {
  const text = [...lines, "", BODY].join("\r\n");
  const bytes = bytesOf("\xee".repeat(HEADROOM_BYTES) + text);
  const head = new ResponseHead();
  head.reset(HEADROOM_BYTES);
  assert(head.scan(bytes, bytes.length), "the head is not complete");
  assertEquals(textOf(bytes, head.end), BODY);
  return { bytes, head };
}

/** The lines that the client gets. */
function edit(lines: readonly string[], framing: Framing = "none", persistence?: Persistence) {
  const { bytes, head } = received(lines);
  const { end } = head;
  const start = editHead(bytes, head, framing, persistence);
  assert(start >= 0 && start < end, `begins at ${start}`);
  assertEquals([head.end, textOf(bytes, end)], [end, BODY]);
  const text = textOf(bytes, start, end);
  assert(text.endsWith("\r\n\r\n"), text);
  return text.slice(0, -4).split("\r\n");
}

const OK = "HTTP/1.1 200 OK";

const NOW = Date.UTC(1994, 10, 6, 8, 49, 37, 999);
const DATE = "Sun, 06 Nov 1994 08:49:37 GMT"; // as in RFC 9110, 5.6.7

/** The lines that the client gets if the time is needed. */
function editAt(now: number, lines: readonly string[]) {
  const { bytes, head } = received(lines);
  const start = editHead(bytes, head, "none", undefined, { now });
  return textOf(bytes, start, head.end).slice(0, -4).split("\r\n");
}

Deno.test("response framing: a missing Date is added, of the second that it is, and one that is there stays", () => {
  for (let i = 0; i < 2; i++) {
    assertEquals(editAt(NOW, [OK, "X-A: 1"]), [OK, "X-A: 1", `date: ${DATE}`]);
    const later = DATE.replace("37 GMT", "38 GMT");
    assertEquals(editAt(NOW + 1, [OK]), [OK, `date: ${later}`]);
  }
  for (const date of ["Date: yesterday", "DATE:", `date:${DATE}`]) {
    assertEquals(editAt(NOW, [OK, date, "X-A: 1"]), [OK, date, "X-A: 1"]);
  }
  assertEquals(editAt(NOW, [OK, "Dates: x", "Etad: y"]).at(-1), `date: ${DATE}`);
  assertEquals(edit([OK]), [OK]);
});

Deno.test("response framing: a 426 keeps Upgrade, with its own option in Connection; no other status does", () => {
  const required = "HTTP/1.1 426 Upgrade Required";
  const added = ["connection: upgrade", "upgrade: TLS/1.3, x"];
  const lines = [
    "X-A: 1",
    "Upgrade: \tTLS/1.3, x ",
    "Connection: upgrade, X-B",
    "X-B: 2",
    "X-C: 3",
  ];
  assertEquals(edit([required, ...lines]), [required, "X-A: 1", "X-C: 3", ...added]);
  assertEquals(edit([required, ...lines], "none", "close").slice(3), [
    "connection: close",
    ...added,
  ]);
  assertEquals(edit([required, "Upgrade:", "X-A: 1"]), [required, "X-A: 1"]);
  for (const status of [OK, "HTTP/1.1 425 x", "HTTP/1.1 103 x"]) {
    assertEquals(edit([status, ...lines]), [status, "X-A: 1", "X-C: 3"]);
  }
});

Deno.test("response framing: HEADROOM_BYTES is enough for all lines that may be added", () => {
  // The longest name of a STICKY_COOKIE, and all of its attributes.
  const cookie = `${"c".repeat(64)}=${"t".repeat(22)}; Path=/; HttpOnly; SameSite=Lax; Secure`;
  const hsts = "max-age=315360000"; // ten years
  for (const persistence of PERSISTENCES) {
    const { bytes, head } = received(["HTTP/1.1 426", "Upgrade:x"]);
    const additions = { cookie, now: NOW, hsts };
    const start = editHead(bytes, head, "chunked by proxy", persistence, additions);
    assert(start >= 0, `begins at ${start}`);
    const lines = textOf(bytes, start, head.end).split("\r\n");
    assertEquals(lines[0], "HTTP/1.1 426 ");
    assert(lines.includes(`set-cookie: ${cookie}`));
    assert(lines.includes("transfer-encoding: chunked"));
    assert(lines.includes(`date: ${DATE}`));
    assert(lines.includes("upgrade: x"));
    assert(lines.includes(`strict-transport-security: ${hsts}`));
  }
});

for (
  const [lines, framing, toOld = framing] of [
    [[OK, "Content-Length: 5"], "length"],
    [[OK, "Content-Length: 0"], "none"],
    [[OK, "Transfer-Encoding: chunked"], "chunked", "close"],
    [[OK], "chunked by proxy", "close"],
    [["HTTP/1.0 200 OK"], "chunked by proxy", "close"],
    [["HTTP/1.0 200 OK", "Content-Length: 5"], "length"],
    [["HTTP/1.1 205 Reset Content"], "chunked by proxy", "close"],
    [["HTTP/1.1 404 Not Found", "Content-Length: 1"], "length"],
    [["HTTP/1.1 503 x", "Transfer-Encoding: chunked"], "chunked", "close"],
    [["HTTP/1.1 204 No Content"], "none"],
    [["HTTP/1.1 204 x", "Content-Length: 5"], "none"],
    [["HTTP/1.1 204 x", "Transfer-Encoding: chunked"], "none"],
    [["HTTP/1.1 304 Not Modified"], "none"],
    [["HTTP/1.1 304 x", "Content-Length: 5"], "none"],
    [["HTTP/1.1 304 x", "Transfer-Encoding: chunked"], "none"],
  ] as const
) {
  const [status, ...rest] = lines;
  const clients = framing === toOld ? "any client" : `HTTP/1.1, as "${toOld}" for HTTP/1.0`;

  Deno.test(`response framing: "${[status, ...rest].join(", ")}" is framed as "${framing}" for ${clients}`, () => {
    const { head } = received(lines);
    for (const method of ["GET", "POST", "DELETE", "head"]) {
      assertEquals(chooseFraming(head, method, 1), framing, method);
      assertEquals(chooseFraming(head, method, 0), toOld, method);
    }
    assertEquals([chooseFraming(head, "HEAD", 1), chooseFraming(head, "HEAD", 0)], [
      "none",
      "none",
    ]);
  });
}

for (const framing of FRAMINGS) {
  for (const persistence of PERSISTENCES) {
    Deno.test(`response framing: with framing "${framing}" and persistence ${persistence}, the added lines are last`, () => {
      const added = [
        ...(framing.startsWith("chunked") ? ["transfer-encoding: chunked"] : []),
        ...(persistence === undefined ? [] : [`connection: ${persistence}`]),
      ];
      for (const lines of [[OK], [OK, "X-A: 1", "x-b:2 "], ["HTTP/1.1 599 any reason: x"]]) {
        assertEquals(edit(lines, framing, persistence), [...lines, ...added]);
      }
    });
  }
}

for (const version of ["1.0", "1.1"]) {
  for (const [status, reason] of [["200", " OK"], ["200", " "], ["200", ""], ["200", " \xe9 x"]]) {
    Deno.test(`response framing: "HTTP/${version} ${status}${reason}" is forwarded as HTTP/1.1`, () => {
      for (const lines of [[], ["Connection: x"], ["X-A: 1", "Keep-Alive: x", "X-B: 2"]]) {
        const kept = lines.filter((line) => line.startsWith("X-"));
        const expected = `HTTP/1.1 ${status}${reason || " "}`;
        assertEquals(edit([`HTTP/${version} ${status}${reason}`, ...lines]), [expected, ...kept]);
      }
    });
  }
}

Deno.test("response framing: a head grows by the added lines and the space after the status", () => {
  const lines = ["HTTP/1.0 200"];
  const expected = ["HTTP/1.1 200 ", "transfer-encoding: chunked", "connection: keep-alive"];
  assertEquals(edit(lines, "chunked by proxy", "keep-alive"), expected);
  const { bytes, head } = received(lines);
  const start = editHead(bytes, head, "chunked by proxy", "keep-alive");
  assertEquals(start, HEADROOM_BYTES - (expected.join("\r\n").length - lines[0]!.length));
});

Deno.test("response framing: Content-Length is removed from 1xx and 204, and forwarded once for any other status", () => {
  const lines = ["CONTENT-length: 5", "X-A: 1", "Content-Length:5", "X-B: 2"];
  assertEquals(edit(["HTTP/1.1 204 x", ...lines]), ["HTTP/1.1 204 x", "X-A: 1", "X-B: 2"]);
  assertEquals(edit(["HTTP/1.1 103 x", ...lines]), ["HTTP/1.1 103 x", "X-A: 1", "X-B: 2"]);
  for (const status of ["HTTP/1.1 200 x", "HTTP/1.1 304 x", "HTTP/1.1 205 x"]) {
    assertEquals(edit([status, ...lines]), [status, lines[0]!, "X-A: 1", "X-B: 2"]);
  }
});

Deno.test("response framing: fields that Connection lists are not forwarded, except those that it must not list", () => {
  const lines = ["x-b: 1", "Date: x", "Connection: X-B ,close,date, content-length,trailer"];
  const rest = ["X-A: 1", "Content-Length: 5", "X-B: 2", "TE: x", "Trailer: y", "X-B-C: 3"];
  const kept = ["Date: x", "X-A: 1", "Content-Length: 5", "X-B-C: 3"];
  assertEquals(edit([OK, ...lines, ...rest], "length"), [OK, ...kept]);
});

/** Eight lines; those whose bit is set in the mask are to be dropped. */
const linesOf = (mask: number, dropped: string) =>
  Array.from(
    { length: 8 },
    (_, at) => mask >> at & 1 ? dropped : `X-${at}: ${"v".repeat(at * 20)}`,
  );

for (const dropped of ["Keep-Alive: timeout=5", "TE:", "Upgrade-Insecure: named"]) {
  Deno.test(`response framing: ${dropped} is not forwarded, in every combination of positions`, () => {
    for (let mask = 0; mask < 256; mask++) {
      const lines = linesOf(mask, dropped);
      const expected = [OK, ...lines.filter((line) => line !== dropped)];
      assertEquals(edit([OK, ...lines, "Connection: Upgrade-insecure"]), expected);
      assertEquals(edit([OK, "Connection: Upgrade-insecure", ...lines]), expected);
    }
  });
}

Deno.test("response framing: removing dropped lines leaves the first line unchanged", () => {
  const { bytes, head } = received(["HTTP/1.0 101", "Connection: x", "X-A: 1", "Upgrade: x"]);
  const start = removeDroppedLines(bytes, head);
  assertEquals(textOf(bytes, start), `HTTP/1.0 101\r\nX-A: 1\r\n\r\n${BODY}`);
});

Deno.test("response framing: a line is inserted before the empty line", () => {
  const bytes = bytesOf("......a\r\n\r\nb");
  const start = insertLine(bytes, 6, 11, bytesOf("x\r\n"));
  assertEquals([start, textOf(bytes)], [3, "...a\r\nx\r\n\r\nb"]);
});

const HOP = [
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
];
const VALUE = fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]*$/);
const LINE = fc.oneof(
  fc.tuple(fc.mixedCase(fc.constantFrom(...HOP, "trailer", "x-a", "x-b", "via")), VALUE),
  fc.tuple(fc.stringMatching(/^X[A-Za-z0-9!#$%&'*+.^_`|~-]{1,19}$/), VALUE),
  fc.tuple(fc.constant("Connection"), fc.constantFrom("X-a", "close , X-B", "trailer,via")),
  fc.tuple(fc.mixedCase(fc.constant("content-length")), fc.constantFrom("5", " 05")),
);
const STATUS_LINE = fc.tuple(
  fc.constantFrom("HTTP/1.0 ", "HTTP/1.1 "),
  fc.constantFrom("100", "200", "204", "304", "503"),
  fc.constantFrom("", " ", " OK", " \xff"),
);

/** The lines that a client should get, selected from a list. */
function selectLines(lines: [name: string, value: string][], status: string): string[] {
  const named = lines.filter(([name]) => name.toLowerCase() === "connection")
    .flatMap(([, value]) => value.split(",").map((item) => item.trim().toLowerCase()));
  let lengths = 0;
  return lines.filter(([name]) => {
    const lower = name.toLowerCase();
    if (lower === "content-length") return !["100", "204"].includes(status) && lengths++ === 0;
    return !HOP.includes(lower) && !named.includes(lower);
  }).map(([name, value]) => `${name}:${value}`);
}

Deno.test("response framing: any head becomes the lines that are forwarded, then those that are added", () => {
  fc.assert(
    fc.property(
      STATUS_LINE,
      fc.array(LINE, { maxLength: 30 }),
      fc.constantFrom(...FRAMINGS),
      fc.constantFrom(...PERSISTENCES),
      ([version, status, reason], lines, framing, persistence) => {
        const head = [version + status + reason, ...lines.map((line) => line.join(":"))];
        const expected = [`HTTP/1.1 ${status}${reason || " "}`, ...selectLines(lines, status)];
        if (framing.startsWith("chunked")) expected.push("transfer-encoding: chunked");
        if (persistence !== undefined) expected.push(`connection: ${persistence}`);
        assertEquals(edit(head, framing, persistence), expected);
      },
    ),
    { seed: 20261122, numRuns: 2_000 },
  );
});
