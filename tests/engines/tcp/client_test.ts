import { assert, assertEquals, assertMatch } from "@std/assert";
import { balance as balanceWith, type TestOptions } from "../../support/balancer.ts";
import { RawBackend } from "../../support/raw_backend.ts";
import { Dialogue } from "../../support/raw_client.ts";
import { deadPort, ScriptedBackend } from "../../support/scripted_backend.ts";
import { latin1 } from "../../support/strict_parser.ts";

const balance = (urls: readonly string[], options?: TestOptions) =>
  balanceWith(urls, { ...options, engine: "tcp" });

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** What one raw request becomes on its way to a backend. */
async function seenBy(text: string, prefix = ""): Promise<string> {
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    seen = side.received;
    await side.send(OK);
  });
  let seen = "";
  await using balancer = balance([backend.url + prefix]);
  using client = await Dialogue.open(balancer.port);
  await client.send(text);
  assertEquals((await client.response()).status, 200);
  return seen.replace(/x-request-id: \S+/, "x-request-id: ID").replace(
    backend.url.slice(7),
    "BACKEND",
  );
}

const OURS =
  "x-forwarded-for: 127.0.0.1\r\nx-forwarded-proto: http\r\nx-forwarded-host: a.test\r\n" +
  "via: 1.1 roundabout\r\nx-request-id: ID\r\n\r\n";

Deno.test("clients: a request's lines reach the backend byte for byte, in order and case, then ours", async () => {
  const lines = "GET /a/../b\\c?q='x'&<>{}|^` HTTP/1.1\r\nX-ODD:  spaced \t\r\nhOsT: a.test\r\n" +
    "x-odd:\r\nAccept-Encoding: gzip\r\nX-High: \xe4\xff\r\n";
  assertEquals(await seenBy(`${lines}Connection: keep-alive\r\n\r\n`), lines + OURS);
});

for (
  const [what, text, expected] of [
    [
      "a GET with a body",
      `GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi`,
      `GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n${OURS}hi`,
    ],
    [
      "a method in lower case",
      `get / HTTP/1.1\r\nHost: a.test\r\n\r\n`,
      `get / HTTP/1.1\r\nHost: a.test\r\n${OURS}`,
    ],
    [
      "OPTIONS *",
      `OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n`,
      `OPTIONS * HTTP/1.1\r\nHost: a.test\r\n${OURS}`,
    ],
    [
      "OPTIONS for the server as a whole",
      "OPTIONS http://a.test HTTP/1.1\r\nHost: b.test\r\n\r\n",
      `OPTIONS * HTTP/1.1\r\nhost: a.test\r\n${OURS}`,
    ],
    [
      "an equal length twice",
      "PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\nX-A: b\r\ncontent-length: 0\r\n\r\n",
      `PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\nX-A: b\r\n${OURS}`,
    ],
    [
      "an absolute target",
      "GET http://a.test?x HTTP/1.1\r\nX-A: b\r\nHost: b.test\r\n\r\n",
      `GET /?x HTTP/1.1\r\nhost: a.test\r\nX-A: b\r\n${OURS}`,
    ],
    ["an empty line before the request", `\r\n${GET}`, `${GET.slice(0, -2)}${OURS}`],
    [
      "HTTP/1.0",
      "GET / HTTP/1.0\r\nHost: a.test\r\nExpect: 100-continue\r\n\r\n",
      `GET / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\n${OURS}`.replace(
        "Expect: 100-continue\r\n",
        "",
      )
        .replace("1.1 r", "1.0 r"),
    ],
    [
      "HTTP/1.0 without Host",
      "GET / HTTP/1.0\r\n\r\n",
      `GET / HTTP/1.1\r\nhost: BACKEND\r\n${OURS}`.replace("x-forwarded-host: a.test\r\n", "")
        .replace("1.1 r", "1.0 r"),
    ],
  ] as const
) {
  Deno.test(`clients: ${what} is forwarded as what it means`, async () => {
    assertEquals(await seenBy(text), expected);
  });
}

Deno.test("clients: a backend's path prefix stands before the path, and not before *", async () => {
  assertMatch(
    await seenBy(GET.replace("/ ", "/x?y "), "/base"),
    /^GET \/base\/x\?y HTTP\/1\.1\r\n/,
  );
  assertMatch(await seenBy("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "/base"), /^OPTIONS \* HTTP/);
});

Deno.test("clients: a trusted peer is believed when its head comes in pieces, and the next peer on its own account", async () => {
  await using backend = new ScriptedBackend("a");
  let trusts = true;
  await using balancer = balance([backend.url], { isTrusted: () => trusts });
  const seenOf = async (...pieces: string[]) => {
    using client = await Dialogue.open(balancer.port);
    for (const piece of pieces) {
      await client.send(piece);
      await new Promise((resolve) => setTimeout(resolve, 20)); // so that it arrives on its own
    }
    assertEquals((await client.response()).status, 200);
    return backend.requests.at(-1)!.fields.find(([name]) => name === "x-forwarded-for")![1];
  };
  const [start, rest] = ["GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwar", "ded-For: 9.9.9.9\r\n\r\n"];
  assertEquals(await seenOf(start + rest), "9.9.9.9, 127.0.0.1");
  assertEquals(await seenOf(start, rest), "9.9.9.9, 127.0.0.1");
  trusts = false;
  assertEquals(await seenOf(start, rest), "127.0.0.1");
  assertEquals(await seenOf(start + rest), "127.0.0.1");
});

Deno.test("clients: a response's lines reach the client byte for byte, in order and case", async () => {
  const lines = "HTTP/1.1 200 Fine \xe4\r\nX-ODD:  spaced \r\nDATE: x\r\nx-odd:\r\n";
  await using backend = new ScriptedBackend("a", {
    reply: Uint8Array.from(
      `${lines}Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\ncontent-LENGTH: 0\r\n\r\n`,
      (character) => character.charCodeAt(0),
    ),
  });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(GET);
  assertEquals(await client.until("\r\n\r\n"), `${lines}content-LENGTH: 0\r\n\r\n`);
});

Deno.test("clients: a response that ends by closing is chunked for HTTP/1.1, closed for HTTP/1.0", async () => {
  await using backend = new ScriptedBackend("a", {
    replyAndClose: "HTTP/1.0 200 OK\r\n\r\nto the end",
  });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  for (let i = 0; i < 2; i++) {
    await client.send(GET);
    const response = await client.response();
    assertEquals([response.status, latin1(response.body)], [200, "to the end"]);
  }
  using old = await Dialogue.open(balancer.port);
  await old.send("GET / HTTP/1.0\r\n\r\n");
  assertEquals(await old.rest(), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nto the end");
});

Deno.test("clients: HTTP/1.0 gets chunks taken apart, no interim response, and its connection kept on request", async () => {
  const chunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\none\r\n3\r\ntwo\r\n0\r\nX-T: 1\r\n\r\n";
  await using backend = new ScriptedBackend("a", ({ target }) => ({
    reply: target === "/c" ? chunked : "HTTP/1.1 103 Early\r\n\r\n" + OK,
  }));
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  for (let i = 0; i < 2; i++) {
    await client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assertEquals(
      await client.until("ok"),
      OK.replace("\r\n\r\n", "\r\nconnection: keep-alive\r\n\r\n"),
    );
  }
  await client.send("GET /c HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  assertEquals(await client.rest(), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nonetwo");
});

Deno.test("clients: interim responses and trailers reach an HTTP/1.1 client", async () => {
  const answer =
    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nTrailer: X-T\r\n" +
    "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\nSet-Cookie: no\r\n\r\n";
  await using backend = new ScriptedBackend("a", { reply: answer });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(GET);
  const received = await client.until("0\r\nX-T: 1\r\n\r\n");
  assertEquals(
    received.replace("transfer-encoding", "Transfer-Encoding"),
    answer.replace("Set-Cookie: no\r\n", ""),
  );
});

Deno.test("clients: pipelined requests are answered in order, the last before a half-close too", async () => {
  await using backend = new ScriptedBackend("a", ({ target }) => ({
    reply: `HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`,
  }));
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  const targets = Array.from({ length: 100 }, (_, index) => `/${index}`);
  await client.send(targets.map((target) => GET.replace("/ ", `${target} `)).join(""));
  await client.closeWrite();
  for (const target of targets) assertEquals(latin1((await client.response()).body), target);
  assertEquals(await client.rest(), "");
});

Deno.test("clients: one that closes its side and waits gets its answer, asked meanwhile whether it is there", async () => {
  const answer = Promise.withResolvers<void>();
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await answer.promise;
    await side.send(OK);
  });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(GET);
  await client.closeWrite();
  assertEquals(await client.until("\r\n\r\n"), "HTTP/1.1 102 Processing\r\n\r\n");
  answer.resolve();
  assertEquals((await client.response()).status, 200);
  assertEquals(await client.rest(), "");
});

Deno.test("clients: a request sent while the one before it waits for its answer is not lost", async () => {
  const answer = Promise.withResolvers<void>();
  await using backend = new ScriptedBackend("a");
  await using slow = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await answer.promise;
    await side.send(OK);
  });
  await using balancer = balance([slow.url, backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(GET);
  await new Promise((resolve) => setTimeout(resolve, 200)); // until it is watched
  await client.send(
    `POST /next HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3000\r\n\r\n${"x".repeat(3000)}`,
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  answer.resolve();
  assertEquals(latin1((await client.response()).body), "ok");
  assertEquals(latin1((await client.response()).body), "a");
  assertEquals(backend.requests[0]!.body.length, 3000);
});

Deno.test("clients: a POST whose connection was closed before a byte of it left goes on", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([`http://127.0.0.1:${deadPort()}`, backend.url]);
  using client = await Dialogue.open(balancer.port);
  for (let i = 0; i < 4; i++) {
    await client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\n\r\nx");
    assertEquals((await client.response()).status, 200);
  }
  assert(backend.requests.length === 4);
});

Deno.test("clients: a backend that restarts costs no request, not even on connections that idled", async () => {
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await side.send(OK);
  }); // closes after each answer, and does not say so
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  for (let i = 0; i < 20; i++) {
    await client.send(GET);
    assertEquals((await client.response()).status, 200);
  }
  assertEquals([backend.connections, balancer.changes], [20, []]);
});

Deno.test("clients: one that leaves while interim responses come is no backend's fault", async () => {
  const interim = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    for (let i = 0; i < 90; i++) {
      await side.send("HTTP/1.1 103 Early\r\n\r\n");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
  await using backend = interim;
  await using other = new ScriptedBackend("b");
  await using balancer = balance([backend.url, other.url]);
  const client = await Dialogue.open(balancer.port);
  await client.send(GET);
  await client.until("\r\n\r\n");
  client[Symbol.dispose]();
  await backend.settled();
  assertEquals([balancer.changes, other.connections], [[], 0]);
});
