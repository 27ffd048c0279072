import { assertEquals } from "@std/assert";
import { bytesOf, textOf } from "../../../lib/engines/tcp/http1/bytes.ts";
import { ClientConnection } from "./client_connection.ts";
import { checkBurst } from "./correctness.ts";
import { buildRequest, WORKLOADS } from "./workloads.ts";

const SMALL = WORKLOADS.find(({ key }) => key === "small")!;
const BODY = textOf(SMALL.answer);
const NO_ERRORS = { connect: 0, read: 0, write: 0, timeout: 0, status: 0 };
const BURST = { requests: 100, seconds: 1, bytes: 15_500, errors: NO_ERRORS };
const COUNTS = { right: 100, unnamed: 0, wrong: 0 };
const LENGTH = { least: 155, most: 155 };

/** @returns what a client finds wrong in this response */
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
    [
      "accepts the expected response",
      buildAnswer(BODY),
      undefined,
    ],
    [
      "rejects a status other than 200",
      buildAnswer(BODY, "502 Bad Gateway"),
      "the status line is HTTP/1.1 502 Bad Gateway",
    ],
    [
      "rejects a body in which a byte differs",
      buildAnswer(BODY.replace("s", "z")),
      "byte 2 of the body differs",
    ],
    ["rejects a body that is too long", buildAnswer(`${BODY}.`), "the body has 91 bytes"],
    [
      "rejects a response without Content-Length",
      `HTTP/1.1 200 OK\r\n\r\n${BODY}`,
      "the response has no Content-Length",
    ],
    [
      "rejects a truncated response",
      buildAnswer(BODY).slice(0, -1),
      `the connection ended after ${buildAnswer(BODY).length - 1} bytes`,
    ],
    ["rejects a connection that closes at once", "", "the connection ended after 0 bytes"],
  ] as const
) {
  Deno.test(`the client ${what}`, async () => {
    assertEquals(await exchange(answer), wrong);
  });
}

Deno.test("a burst may have one more request in flight per connection when it ends", () => {
  assertEquals(checkBurst(BURST, COUNTS, LENGTH, 8, true), []);
  const more = { ...BURST, bytes: 16_000 };
  assertEquals(checkBurst(more, { ...COUNTS, right: 108 }, LENGTH, 8, true), []);
});

Deno.test("everything that was wrong in a burst is listed", () => {
  const burst = { ...BURST, bytes: 15_499, errors: { ...NO_ERRORS, read: 2, status: 1 } };
  assertEquals(checkBurst(burst, { right: 109, unnamed: 3, wrong: 4 }, LENGTH, 8, true), [
    "wrk counted 2 errors of kind read",
    "wrk counted 1 errors of kind status",
    "100 responses of 155 to 155 bytes each had 15499 bytes in total",
    "4 requests reached a backend changed",
    "3 requests reached a backend without X-Forwarded-For",
    "109 requests reached a backend, but 100 to 108 were sent",
  ]);
});

Deno.test("whoever is not to send X-Forwarded-For may leave it out", () => {
  const unnamed = { ...COUNTS, unnamed: 100 };
  assertEquals(checkBurst(BURST, unnamed, LENGTH, 8, false), []);
  assertEquals(checkBurst(BURST, unnamed, LENGTH, 8, true), [
    "100 requests reached a backend without X-Forwarded-For",
  ]);
});

Deno.test("a request with a body has a Content-Length", () => {
  const post = WORKLOADS.find(({ key }) => key === "post")!;
  const head = "POST /post HTTP/1.1\r\nHost: bench.test\r\nContent-Length: 1024\r\n\r\n";
  assertEquals(textOf(buildRequest(post)), head + textOf(post.body));
});

function buildAnswer(body: string, status = "200 OK"): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}
