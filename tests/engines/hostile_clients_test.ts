import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { forEachEngine } from "../support/balancer.ts";
import { bytesOf, exchangeBytes, request, responsesOf } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { latin1 } from "../support/strict_parser.ts";

forEachEngine(({ balance, test }) => {
  const HOST = "Host: a.test\r\n";

  /** Requests that must be answered with this status, and reach no backend. */
  const REFUSED: readonly (readonly [what: string, request: string, status: number])[] = [
    ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
    ["no Host, but fields", "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n", 400],
    ["an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400],
    ["two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400],
    ["a Host with a path", "GET / HTTP/1.1\r\nHost: a.test/x\r\n\r\n", 400],
    ["a Host with a query", "GET / HTTP/1.1\r\nHost: a.test?x=\r\n\r\n", 400],
    ["a Host with a fragment", "GET / HTTP/1.1\r\nHost: a.test#\r\n\r\n", 400],
    ["a Host with userinfo", "GET / HTTP/1.1\r\nHost: u@a.test\r\n\r\n", 400],
    ["a Host with a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400],
    ["a Host with a backslash", "GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n", 400],
    ["a Host with two ports", "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", 400],
    ["a Host with a port that is none", "GET / HTTP/1.1\r\nHost: a:http\r\n\r\n", 400],
    ["a Host of a port alone", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", 400],
    ["a Host above ASCII", "GET / HTTP/1.1\r\nHost: \xe4.test\r\n\r\n", 400],
    ["a target with userinfo", `GET http://u:p@b.test/ HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a target of another scheme", `GET ftp://b.test/ HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a target of another scheme on Host itself", `GET ftp://a.test/ HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["an absolute target without Host", "GET http://b.test/ HTTP/1.1\r\nAccept: */*\r\n\r\n", 400],
    ["a target with an odd authority", `GET http://b.test:x/ HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a fragment", `GET /a#b HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["CONNECT", "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n", 405],
    ["TRACE", `TRACE / HTTP/1.1\r\n${HOST}\r\n`, 405],
    ["TRACK", `TRACK / HTTP/1.1\r\n${HOST}\r\n`, 405],
    [
      "a coding before chunked",
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
      501,
    ],
  ];

  for (const [what, text, status] of REFUSED) {
    test(`hostile clients: ${what} is answered ${status} and reaches no backend`, async () => {
      await using backend = new ScriptedBackend("users-1");
      await using balancer = balance([backend.url]);
      const response = await request(balancer.port, text);
      assertEquals([response.status, backend.connections], [status, 0]);
      assertEquals(/^roundabout; error=/.test(response.field("proxy-status")!), true);
      assertEquals(response.field("allow") !== undefined, status === 405);
    });
  }

  /** Requests whose parts the mutations below are made of. */
  const SEEDS = [
    `GET /v?a=b HTTP/1.1\r\n${HOST}X-A: 1\r\n\r\n`,
    `POST /v HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`,
    `POST /v HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    `PUT /v HTTP/1.1\r\n${HOST}Connection: close, X-A\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok`,
  ];

  const PIECES = [
    "\r",
    "\n",
    "\r\n",
    "\0",
    " ",
    "\t",
    ":",
    ",",
    ";",
    "\x0b",
    "\x85",
    "\xa0",
    "0",
    "5",
    "+5",
    "0x5",
    "Content-Length: 5\r\n",
    "Content-Length: 3\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Transfer-Encoding:\x0bchunked\r\n",
    "Host: b.test\r\n",
    "Connection: Host, Content-Length\r\n",
    "Expect: 100-continue\r\n",
    "Upgrade: h2c\r\n",
    "GET /SMUGGLED HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "HTTP/1.0",
    "HTTP/1.1",
    "chunked",
  ];

  const mutated = fc.tuple(
    fc.constantFrom(...SEEDS),
    fc.array(
      fc.tuple(fc.nat(200), fc.nat(3), fc.constantFrom(...PIECES)),
      { minLength: 1, maxLength: 3 },
    ),
  ).map(([seed, mutations]) =>
    mutations.reduce((text, [at, removed, piece]) => {
      const position = at % (text.length + 1);
      return text.slice(0, position) + piece + text.slice(position + removed);
    }, seed)
  );

  /** A 100 (Continue) may be all that comes back, where the body after it is broken. */
  function withoutContinue(received: Uint8Array): Uint8Array {
    const text = latin1(received);
    return bytesOf(text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, ""));
  }

  test("hostile clients: of mutated requests, only unambiguous ones reach a backend", async () => {
    await using backend = new ScriptedBackend("users-1");
    await using balancer = balance([backend.url], { firstByteTimeout: 300 });
    const sent: string[] = [];
    await fc.assert(
      fc.asyncProperty(mutated, async (text) => {
        sent.push(text);
        // On a slow machine, what was sent just before may arrive only now.
        const recent = sent.slice(-3).join("");
        const before = backend.requests.length;
        const received = await exchangeBytes(balancer.port, bytesOf(text), 60);
        assertEquals(backend.ambiguous, []);
        const forwarded = backend.requests.slice(before);
        // As many requests as the client was given responses, and none that it did not write out.
        assert(forwarded.length <= recent.split("HTTP/1.").length - 1, JSON.stringify(recent));
        responsesOf(withoutContinue(received));
        for (const { target } of forwarded) assert(recent.includes(target), target);
      }),
      { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 300), seed: 20261122 },
    );
    assertEquals(balancer.errors, []);
  });
});
