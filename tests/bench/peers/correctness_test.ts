import { assertEquals } from "@std/assert";
import { bytesOf, textOf } from "../../../lib/engines/tcp/http1/bytes.ts";
import { ClientConnection } from "./client_connection.ts";
import { wrongOfBurst } from "./correctness.ts";
import { requestOf, WORKLOADS } from "./workloads.ts";

const SMALL = WORKLOADS.find(({ key }) => key === "small")!;
const BODY = textOf(SMALL.answer);
const NO_ERRORS = { connect: 0, read: 0, write: 0, timeout: 0, status: 0 };
const BURST = { requests: 100, seconds: 1, bytes: 15_500, errors: NO_ERRORS };
const COUNTS = { right: 100, unnamed: 0, wrong: 0 };
const LENGTH = { least: 155, most: 155 };

/** What a client says of a server that answers with this. */
async function exchange(answer: string): Promise<string | undefined> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(1024));
    await connection.write(bytesOf(answer));
  };
  const served = serve();
  using client = await ClientConnection.open(listener.addr.port, SMALL, undefined);
  const { wrong, length } = await client.exchange();
  await served;
  assertEquals(length, answer.length);
  return wrong;
}

for (
  const [what, answer, wrong] of [
    ["as it should be", answerOf(BODY), undefined],
    [
      "of another status",
      answerOf(BODY, "502 Bad Gateway"),
      "the answer is HTTP/1.1 502 Bad Gateway",
    ],
    ["with another byte", answerOf(BODY.replace("s", "z")), "byte 2 of the body is another one"],
    ["of another length", answerOf(`${BODY}.`), "the body has 91 bytes"],
    ["without a length", `HTTP/1.1 200 OK\r\n\r\n${BODY}`, "the answer has no Content-Length"],
    [
      "cut off",
      answerOf(BODY).slice(0, -1),
      `the connection ended after ${answerOf(BODY).length - 1} bytes`,
    ],
    ["that is none", "", "the connection ended after 0 bytes"],
  ] as const
) {
  Deno.test(`an answer ${what} is taken for what it is`, async () => {
    assertEquals(await exchange(answer), wrong);
  });
}

Deno.test("a burst of right answers is right, with what was under way at its end", () => {
  assertEquals(wrongOfBurst(BURST, COUNTS, LENGTH, 8), []);
  const more = { ...BURST, bytes: 16_000 };
  assertEquals(wrongOfBurst(more, { ...COUNTS, right: 108 }, LENGTH, 8), []);
});

Deno.test("each thing that was wrong in a burst is named", () => {
  const burst = { ...BURST, bytes: 15_499, errors: { ...NO_ERRORS, read: 2, status: 1 } };
  assertEquals(wrongOfBurst(burst, { right: 109, unnamed: 3, wrong: 4 }, LENGTH, 8), [
    "2 errors of wrk: read",
    "1 errors of wrk: status",
    "100 answers of 155 to 155 bytes had 15499 bytes",
    "4 requests reached a backend otherwise than they were sent",
    "3 requests reached a backend without X-Forwarded-For",
    "109 requests reached a backend where 100 to 108 were sent",
  ]);
});

Deno.test("a request with a body says how long it is", () => {
  const post = WORKLOADS.find(({ key }) => key === "post")!;
  const head = "POST /post HTTP/1.1\r\nHost: bench.test\r\nContent-Length: 1024\r\n\r\n";
  assertEquals(textOf(requestOf(post)), head + textOf(post.body));
});

function answerOf(body: string, status = "200 OK"): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}
