import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  lastRecipientReply,
  type Refusal,
  refusalReply,
} from "../../../../lib/http/local_reply.ts";
import { localReplyBytes } from "../../../../lib/engines/tcp/http1/local_reply_bytes.ts";

const ANSWER = { status: 503, fields: [["content-type", "text/plain"], ["x", "1"]], body: "no\n" };
const DATE = /^date: (\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT)$/m;

type Arguments = Parameters<typeof localReplyBytes>;

/** The answer as text, its date replaced by `D`. */
function textOf(
  answer: Arguments[0],
  persistence: Arguments[1] = undefined,
  headOnly: Arguments[2] = false,
): string {
  const text = String.fromCharCode(...localReplyBytes(answer, persistence, headOnly));
  return text.replace(DATE, "date: D");
}

const lines = (...all: string[]) => all.join("\r\n");

for (
  const [persistence, ...line] of [
    [undefined],
    ["close", "connection: close"],
    ["keep-alive", "connection: keep-alive"],
  ] as const
) {
  Deno.test(`answer bytes: head and body, where the connection is told ${persistence}`, () => {
    assertEquals(
      textOf(ANSWER as unknown as Arguments[0], persistence),
      lines(
        "HTTP/1.1 503 Service Unavailable",
        "content-type: text/plain",
        "x: 1",
        "content-length: 3",
        "date: D",
        ...line,
        "",
        "no\n",
      ),
    );
  });
}

Deno.test("answer bytes: an answer to HEAD is the same without its body", () => {
  const answer = refusalReply({ status: 501, reason: "it is odd" });
  const whole = textOf(answer, "close");
  const head = textOf(answer, "close", true);
  assertEquals(head, whole.slice(0, whole.indexOf("\r\n\r\n") + 4));
  assertMatch(head, /\r\ncontent-length: 27\r\n/);
});

Deno.test("answer bytes: a 204 has neither length nor body, asked for by HEAD or not", () => {
  for (const headOnly of [true, false]) {
    const text = textOf({ ...lastRecipientReply(), body: "x" }, undefined, headOnly);
    assertEquals(
      text,
      lines(
        "HTTP/1.1 204 No Content",
        "allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
        "proxy-status: roundabout",
        "date: D",
        "",
        "",
      ),
    );
  }
});

Deno.test("answer bytes: an empty body has the length 0", () => {
  assertMatch(textOf({ status: 200, fields: [], body: "" }), /\r\ncontent-length: 0\r\n/);
});

Deno.test("answer bytes: a status nobody knows has no reason, but its space", () => {
  assertMatch(textOf({ status: 299, fields: [], body: "" }), /^HTTP\/1\.1 299 \r\n/);
});

Deno.test("answer bytes: the date is now, in the form of RFC 9110, 5.6.7", () => {
  const before = Math.floor(Date.now() / 1000) * 1000;
  const bytes = localReplyBytes({ status: 400, fields: [], body: "" }, undefined, false);
  const [, date = ""] = DATE.exec(String.fromCharCode(...bytes)) ?? [];
  const time = Date.parse(date);
  assert(time >= before && time <= Date.now(), date);
});

for (const status of [400, 405, 408, 414, 431, 501, 505] as const satisfies Refusal["status"][]) {
  Deno.test(`answer bytes: a refusal with ${status} has the reason in its first line`, () => {
    const answer = refusalReply({ status, reason: "it is odd" });
    const [reason] = answer.body.split(":");
    assert(textOf(answer).startsWith(`HTTP/1.1 ${status} ${reason}\r\n`), textOf(answer));
  });
}
