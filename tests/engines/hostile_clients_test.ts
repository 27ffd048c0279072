import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { forEachEngine } from "../support/each_engine.ts";
import { bytesOf, exchangeBytes, responsesOf } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { latin1 } from "../support/strict_parser.ts";

forEachEngine(({ balance, test }) => {
  const HOST = "Host: a.test\r\n";

  /** Requests that the mutations below start from. */
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

  /** If the body after it is broken, a 100 (Continue) may be all that comes back. */
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
        // On a slow machine, earlier requests may arrive only now.
        const recent = sent.slice(-3).join("");
        const before = backend.requests.length;
        const received = await exchangeBytes(balancer.port, bytesOf(text), 60);
        assertEquals(backend.ambiguous, []);
        const forwarded = backend.requests.slice(before);
        // No more requests than were sent, and none whose target was not sent.
        assert(forwarded.length <= recent.split("HTTP/1.").length - 1, JSON.stringify(recent));
        responsesOf(withoutContinue(received));
        for (const { target } of forwarded) assert(recent.includes(target), target);
      }),
      { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 300), seed: 20261122 },
    );
    assertEquals(balancer.errors, []);
  });
});
