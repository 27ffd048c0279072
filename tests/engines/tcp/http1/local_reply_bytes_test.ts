import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  lastRecipientReply,
  type Refusal,
  refusalReply,
} from "../../../../lib/http/local_reply.ts";
import { localReplyBytes } from "../../../../lib/engines/tcp/http1/local_reply_bytes.ts";

const REPLY = { status: 503, fields: [["content-type", "text/plain"], ["x", "1"]], body: "no\n" };
const DATE = /^date: (\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT)$/m;

type Arguments = Parameters<typeof localReplyBytes>;

/** The reply as text, its date replaced by `D`. */
function textOf(
  reply: Arguments[0],
  persistence: Arguments[1] = undefined,
  headOnly: Arguments[2] = false,
): string {
  const text = String.fromCharCode(...localReplyBytes(reply, persistence, headOnly));
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
  Deno.test(`local reply bytes: Connection is ${persistence ?? "absent"}`, () => {
    assertEquals(
      textOf(REPLY as unknown as Arguments[0], persistence),
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

Deno.test("local reply bytes: a reply to HEAD has the same head and no body", () => {
  const reply = refusalReply({ status: 501, reason: "it is odd" });
  const whole = textOf(reply, "close");
  const head = textOf(reply, "close", true);
  assertEquals(head, whole.slice(0, whole.indexOf("\r\n\r\n") + 4));
  assertMatch(head, /\r\ncontent-length: 27\r\n/);
});

Deno.test("local reply bytes: a 204 has neither Content-Length nor body", () => {
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

Deno.test("local reply bytes: an empty body has Content-Length 0", () => {
  assertMatch(textOf({ status: 200, fields: [], body: "" }), /\r\ncontent-length: 0\r\n/);
});

Deno.test("local reply bytes: an unknown status has no reason, but the space before it", () => {
  assertMatch(textOf({ status: 299, fields: [], body: "" }), /^HTTP\/1\.1 299 \r\n/);
});

Deno.test("local reply bytes: Date is the current time, in the format of RFC 9110, 5.6.7", () => {
  const before = Math.floor(Date.now() / 1000) * 1000;
  const bytes = localReplyBytes({ status: 400, fields: [], body: "" }, undefined, false);
  const [, date = ""] = DATE.exec(String.fromCharCode(...bytes)) ?? [];
  const time = Date.parse(date);
  assert(time >= before && time <= Date.now(), date);
});

for (const status of [400, 405, 408, 414, 431, 501, 505] as const satisfies Refusal["status"][]) {
  Deno.test(`local reply bytes: a refusal with ${status} has the reason of its body in its status line`, () => {
    const reply = refusalReply({ status, reason: "it is odd" });
    const [reason] = reply.body.split(":");
    assert(textOf(reply).startsWith(`HTTP/1.1 ${status} ${reason}\r\n`), textOf(reply));
  });
}
