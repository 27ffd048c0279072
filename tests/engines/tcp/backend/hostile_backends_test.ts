import { assert, assertEquals, assertMatch } from "@std/assert";
import { balance as balanceWith, type TestOptions } from "../../../support/balancer.ts";
import { RawBackend } from "../../../support/raw_backend.ts";
import { Dialogue } from "../../../support/raw_client.ts";
import { latin1 } from "../../../support/strict_parser.ts";
import { pause } from "../../../support/timing.ts";

const balance = (urls: readonly string[], options?: TestOptions) =>
  balanceWith(urls, { ...options, engine: "tcp" });

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** A backend that answers the first request of each connection with these bytes. */
const answering = (bytes: string, { closes = false } = {}) =>
  new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await side.send(bytes);
    if (closes) return;
    while (await side.read());
  });

/** Responses that are ambiguous or not valid. */
const AMBIGUOUS: readonly (readonly [what: string, bytes: string])[] = [
  ["different lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk"],
  ["a list of lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok"],
  ["a signed length", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok"],
  ["an empty length", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok"],
  ["a length that is too large", `HTTP/1.1 200 OK\r\nContent-Length: ${"9".repeat(20)}\r\n\r\nok`],
  [
    "length and chunks",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok",
  ],
  ["another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"],
  ["chunked twice", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"],
  ["chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["a blank before a colon", "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok"],
  ["a folded line", "HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 2\r\n\r\nok"],
  ["a bare line feed", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"],
  ["a bare carriage return", "HTTP/1.1 200 OK\r\nX-A: b\rc\r\nContent-Length: 2\r\n\r\nok"],
  ["a NUL", "HTTP/1.1 200 OK\r\nX-A: \0\r\nContent-Length: 2\r\n\r\nok"],
  ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n"],
  ["HTTP/2", "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok"],
  ["a status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok"],
  ["an empty line first", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"],
  ["endless interim responses", "HTTP/1.1 100 Continue\r\n\r\n".repeat(200) + OK],
];

/** Responses over a limit of ours. */
const TOO_LARGE: typeof AMBIGUOUS = [
  ["more than 100 lines", `HTTP/1.1 200 OK\r\n${"X-A: b\r\n".repeat(101)}\r\n`],
  ["an endless head", `HTTP/1.1 200 OK\r\nX-A: ${"b".repeat(20_000)}`],
];

for (const [what, bytes] of [...AMBIGUOUS, ...TOO_LARGE]) {
  Deno.test(`hostile backends: a response with ${what} becomes 502, and its connection is closed`, async () => {
    await using backend = answering(bytes);
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    await client.send(GET);
    const response = await client.response();
    assertEquals(response.status, 502);
    assertMatch(
      response.field("proxy-status")!,
      /error=http_(?:protocol_error$|response_header_section_size)/,
    );
    assertEquals([backend.openConnections <= 1, balancer.errors], [true, []]);
    await client.send(GET); // the client's connection is kept, the backend's is not
    assertEquals((await client.response()).status, 502);
    assertEquals(backend.connections, 2);
  });
}

/** Chunked bodies that are not valid, or over a limit of ours, which is not the backend's fault. */
const BROKEN_CHUNKS: readonly (readonly [what: string, body: string, blameless?: boolean])[] = [
  ["no size", "zz\r\nok\r\n0\r\n\r\n"],
  ["a size with 0x", "0x2\r\nok\r\n0\r\n\r\n"],
  ["a size that is too large", "10000000000000002\r\nok\r\n0\r\n\r\n", true],
  ["more data than its size", "2\r\nokk\r\n0\r\n\r\n"],
  ["a line feed alone", "2\nok\n0\n\n"],
  ["an endless extension", `2;${"x".repeat(5_000)}\r\nok\r\n0\r\n\r\n`, true],
  ["a broken trailer", "2\r\nok\r\n0\r\nX A: 1\r\n\r\n"],
  ["endless trailers", `2\r\nok\r\n0\r\nX-A: ${"x".repeat(9_000)}`, true],
];

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

for (const [what, body, blameless = false] of BROKEN_CHUNKS) {
  Deno.test(`hostile backends: a chunked body with ${what} becomes 502 if it comes with the head, and its connection is closed`, async () => {
    await using backend = answering(`${CHUNKED}${body}`);
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    for (const attempts of [1, 2]) { // the client's connection is kept, the backend's is not
      await client.send(GET);
      const response = await client.response();
      assertEquals(response.status, 502);
      assertEquals(
        response.field("proxy-status")!.includes("the response is over"),
        blameless,
      );
      assertEquals([backend.connections, balancer.errors], [attempts, []]);
    }
    assertEquals(balancer.pool.backends[0]!.standing.failures, blameless ? 0 : 2);
  });

  Deno.test(`hostile backends: a chunked body with ${what} is cut off once the client has got a piece, and never looks complete`, async () => {
    const sent = Promise.withResolvers<void>();
    await using backend = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      await side.send(`${CHUNKED}1\r\nx\r\n`);
      await sent.promise;
      await side.send(body);
      while (await side.read());
    });
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    await client.send(GET);
    await client.until("1\r\nx\r\n");
    sent.resolve();
    const received = await client.rest();
    assert(!received.endsWith("0\r\n\r\n"), received);
    assertEquals([backend.errors, balancer.errors], [[], []]);
    while (balancer.entries.length === 0) await pause(5);
    assertEquals(balancer.pool.backends[0]!.standing.failures, blameless ? 0 : 1);
  });
}

for (
  const [what, bytes] of [
    ["whose first chunk is not valid", `${CHUNKED}zz\r\n`],
    ["that ends with its head", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"],
    ["that ends in its first chunk's size", `${CHUNKED}5`],
  ] as const
) {
  Deno.test(`hostile backends: a GET gets another backend's answer instead of one ${what}, a POST gets 502`, async () => {
    await using broken = answering(bytes, { closes: true });
    await using whole = answering(OK);
    await using balancer = balance([broken.url, whole.url]);
    using client = await Dialogue.open(balancer.port);
    await client.send(GET);
    assertEquals(latin1((await client.response()).body), "ok");
    await using alone = balance([broken.url]);
    using other = await Dialogue.open(alone.port);
    await other.send(
      GET.replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 1\r\n\r\nx"),
    );
    const response = await other.response();
    assertEquals(response.status, 502);
    assertMatch(response.field("proxy-status")!, /may have been delivered/);
    assertEquals([broken.connections, whole.connections], [2, 1]);
    assertEquals(balancer.pool.backends[0]!.standing.failures, 1);
  });
}

Deno.test("hostile backends: blanks after the sizes of chunks do not reach the client", async () => {
  const bodies = ["5   \r\nhello\r\n0   \r\n\r\n", "5\t ;a=b\r\nhello\r\n0\t\r\n\r\n"];
  for (const body of bodies) {
    await using backend = answering(`${CHUNKED}${body}`);
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    await client.send(GET);
    await client.until("\r\n\r\n");
    assertEquals(await client.until("0\r\n\r\n"), "5\r\nhello\r\n0\r\n\r\n");
    await using late = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      for (const byte of `${CHUNKED}${body}`) {
        await side.send(byte);
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      while (await side.read());
    });
    await using other = balance([late.url]);
    using dialogue = await Dialogue.open(other.port);
    await dialogue.send(GET);
    await dialogue.until("\r\n\r\n");
    assertEquals(await dialogue.until("0\r\n\r\n"), "5\r\nhello\r\n0\r\n\r\n");
  }
});

/** Complete responses, with each framing. */
const WHOLE = [
  OK,
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n",
  "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n",
];

for (const whole of WHOLE) {
  Deno.test(`hostile backends: a response cut off at any offset never looks complete: ${JSON.stringify(whole.slice(0, 40))}`, async () => {
    const after = whole.indexOf("\r\n\r\n", whole.indexOf("103") === -1 ? 0 : 40) + 4;
    const firstData = whole.indexOf("ok", after);
    const tryCut = async (cut: number) => {
      await using backend = answering(whole.slice(0, cut), { closes: true });
      await using balancer = balance([backend.url]);
      using client = await Dialogue.open(balancer.port);
      await client.send(GET);
      if (cut < after || cut <= firstData) {
        assertEquals((await client.response()).status, 502, String(cut));
      } else {
        const received = await client.rest();
        assert(!received.includes("ok\r\n0\r\n\r\n") && !received.endsWith("\r\n\r\nok"), received);
      }
      assertEquals([backend.errors, balancer.errors], [[], []]);
    };
    await Promise.all(Array.from(whole, (_, cut) => tryCut(cut))); // each waits for the end of its balancer
  });
}

for (
  const [what, extra] of [
    ["another response", OK],
    ["a byte", "x"],
    ["a line end", "\r\n"],
  ] as const
) {
  Deno.test(`hostile backends: ${what} after a response reaches no client`, async () => {
    await using backend = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      await side.send(OK.replace("ok", `0${side.number}`) + extra);
      while (await side.read());
    });
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    for (const number of [1, 2, 3]) {
      await client.send(GET);
      assertEquals(latin1((await client.response()).body), `0${number}`);
    }
    assertEquals([backend.connections, client.received], [3, ""]);
  });
}

Deno.test("hostile backends: bytes that arrive on an idle connection reach no client", async () => {
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await side.send(OK.replace("ok", `0${side.number}`));
    await new Promise((resolve) => setTimeout(resolve, 10));
    await side.send(OK.replace("ok", "no"));
    while (await side.read());
  });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(GET);
  assertEquals(latin1((await client.response()).body), "01");
  while (backend.openConnections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await client.send(GET);
  assertEquals(latin1((await client.response()).body), "02");
});

Deno.test("hostile backends: a body after a response to HEAD, or after a 304, reaches no client", async () => {
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    const status = side.received.startsWith("HEAD") ? "200 OK" : "304 Not Modified";
    await side.send(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nok`);
    while (await side.read());
  });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(GET.replace("GET", "HEAD"));
  assertEquals((await client.response({ toHead: true })).status, 200);
  await client.send(GET);
  assertEquals((await client.response()).status, 304);
  assertEquals([backend.connections, client.received], [2, ""]);
});
