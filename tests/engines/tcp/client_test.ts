import { assert, assertEquals, assertMatch } from "@std/assert";
import { balance as balanceWith, TCP_SCHEME, type TestOptions } from "../../support/balancer.ts";
import { RawBackend } from "../../support/raw_backend.ts";
import { Dialogue, undated } from "../../support/raw_client.ts";
import { deadPort } from "../../support/dead_port.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";
import { latin1 } from "../../support/strict_parser.ts";

const balance = (urls: readonly string[], options?: TestOptions) =>
  balanceWith(urls, { ...options, engine: "tcp" });

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** Returns a raw request as a backend receives it. */
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

const ADDED_LINES =
  `x-forwarded-for: 127.0.0.1\r\nx-forwarded-proto: ${TCP_SCHEME}\r\nx-forwarded-host: a.test\r\n` +
  "via: 1.1 roundabout\r\nx-request-id: ID\r\n\r\n";

Deno.test("clients: a backend gets the lines of a request byte for byte, then those that the proxy adds", async () => {
  const lines = "GET /a/../b\\c?q='x'&<>{}|^` HTTP/1.1\r\nX-ODD:  spaced \t\r\nhOsT: a.test\r\n" +
    "x-odd:\r\nAccept-Encoding: gzip\r\nX-High: \xe4\xff\r\n";
  assertEquals(await seenBy(`${lines}Connection: keep-alive\r\n\r\n`), lines + ADDED_LINES);
});

for (
  const [what, text, expected] of [
    [
      "a GET with a body",
      `GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi`,
      `GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n${ADDED_LINES}hi`,
    ],
    [
      "a method in lower case",
      `get / HTTP/1.1\r\nHost: a.test\r\n\r\n`,
      `get / HTTP/1.1\r\nHost: a.test\r\n${ADDED_LINES}`,
    ],
    [
      "OPTIONS *",
      `OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n`,
      `OPTIONS * HTTP/1.1\r\nHost: a.test\r\n${ADDED_LINES}`,
    ],
    [
      "OPTIONS for the server as a whole",
      "OPTIONS http://a.test HTTP/1.1\r\nHost: b.test\r\n\r\n",
      `OPTIONS * HTTP/1.1\r\nhost: a.test\r\n${ADDED_LINES}`,
    ],
    [
      "an equal length twice",
      "PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\nX-A: b\r\ncontent-length: 0\r\n\r\n",
      `PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\nX-A: b\r\n${ADDED_LINES}`,
    ],
    [
      "an absolute target",
      "GET http://a.test?x HTTP/1.1\r\nX-A: b\r\nHost: b.test\r\n\r\n",
      `GET /?x HTTP/1.1\r\nhost: a.test\r\nX-A: b\r\n${ADDED_LINES}`,
    ],
    ["an empty line before the request", `\r\n${GET}`, `${GET.slice(0, -2)}${ADDED_LINES}`],
    [
      "HTTP/1.0",
      "GET / HTTP/1.0\r\nHost: a.test\r\nExpect: 100-continue\r\n\r\n",
      `GET / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\n${ADDED_LINES}`.replace(
        "Expect: 100-continue\r\n",
        "",
      )
        .replace("1.1 r", "1.0 r"),
    ],
    [
      "HTTP/1.0 without Host",
      "GET / HTTP/1.0\r\n\r\n",
      `GET / HTTP/1.1\r\nhost: BACKEND\r\n${ADDED_LINES}`.replace(
        "x-forwarded-host: a.test\r\n",
        "",
      )
        .replace("1.1 r", "1.0 r"),
    ],
  ] as const
) {
  Deno.test(`clients: ${what} is forwarded without a change of meaning`, async () => {
    assertEquals(await seenBy(text), expected);
  });
}

Deno.test("clients: the path of a backend's URL is put before the request's path, but not before *", async () => {
  assertMatch(
    await seenBy(GET.replace("/ ", "/x?y "), "/base"),
    /^GET \/base\/x\?y HTTP\/1\.1\r\n/,
  );
  assertMatch(await seenBy("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "/base"), /^OPTIONS \* HTTP/);
});

Deno.test("clients: trust in a peer holds for a head that arrives in pieces, and not for the next connection", async () => {
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

Deno.test("clients: a client gets the lines of a response byte for byte, without hop-by-hop fields", async () => {
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
  assertEquals(undated(await client.until("\r\n\r\n")), `${lines}content-LENGTH: 0\r\n\r\n`);
});

Deno.test("clients: a response that ends with its connection is chunked for HTTP/1.1, and ends the connection for HTTP/1.0", async () => {
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
  assertEquals(undated(await old.rest()), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nto the end");
});

Deno.test("clients: an HTTP/1.0 client gets chunks decoded, no interim responses, and a persistent connection if it asks for one", async () => {
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
      undated(await client.until("ok")),
      OK.replace("\r\n\r\n", "\r\nconnection: keep-alive\r\n\r\n"),
    );
  }
  await client.send("GET /c HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  assertEquals(undated(await client.rest()), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nonetwo");
});

Deno.test("clients: interim responses and trailers reach an HTTP/1.1 client", async () => {
  const response =
    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nTrailer: X-T\r\n" +
    "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\nSet-Cookie: no\r\n\r\n";
  await using backend = new ScriptedBackend("a", { reply: response });
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(GET);
  const received = await client.until("0\r\nX-T: 1\r\n\r\n");
  assertEquals(
    undated(received).replace("transfer-encoding", "Transfer-Encoding"),
    response.replace("Set-Cookie: no\r\n", ""),
  );
});

Deno.test("clients: pipelined requests are answered in order, also the last before the client closes its sending side", async () => {
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

Deno.test("clients: a client that has closed its sending side gets a 102 while it waits, and then its response", async () => {
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

Deno.test("clients: a request sent while the previous one awaits its response is served after it", async () => {
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

Deno.test("clients: a POST is sent to another backend if the first refuses the connection", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([`http://127.0.0.1:${deadPort()}`, backend.url]);
  using client = await Dialogue.open(balancer.port);
  for (let i = 0; i < 4; i++) {
    await client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\n\r\nx");
    assertEquals((await client.response()).status, 200);
  }
  assert(backend.requests.length === 4);
});

Deno.test("clients: no request fails if a backend closes idle connections without notice", async () => {
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await side.send(OK);
  }); // closes after each response, without announcing it
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  for (let i = 0; i < 20; i++) {
    await client.send(GET);
    assertEquals((await client.response()).status, 200);
  }
  assertEquals([backend.connections, balancer.changes], [20, []]);
});

Deno.test("clients: a client that leaves during interim responses does not count against the backend", async () => {
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
