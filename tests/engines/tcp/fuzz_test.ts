import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { balance } from "../../support/balancer.ts";
import { meaningOfRequest, meaningOfResponse } from "../../support/meaning.ts";
import { RawBackend } from "../../support/raw_backend.ts";
import { Dialogue } from "../../support/raw_client.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";
import { latin1 } from "../../support/strict_parser.ts";

/** FUZZ_RUNS and FUZZ_SEED run more cases, or other ones. */
const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? 400);
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 20261122);

const HOST = "Host: a.test\r\n";
const REQUESTS = [
  `GET /v?a=b HTTP/1.1\r\n${HOST}X-A: 1\r\n\r\n`,
  `GET http://a.test/v HTTP/1.1\r\n${HOST}X-A: 1\r\n\r\n`,
  `POST /v HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`,
  `POST /v HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-T: 1\r\n\r\n`,
  `PUT /v HTTP/1.1\r\n${HOST}Connection: close, X-A\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok`,
  `GET /v HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /w HTTP/1.0\r\n\r\n`,
  `GET /v HTTP/1.1\r\n${HOST}Via: 1.0 x\r\nX-Forwarded-For: 1.2.3.4\r\nMax-Forwards: 9\r\n\r\n`,
  `GET /v HTTP/1.1\r\n${HOST}Connection: upgrade\r\nUpgrade: x\r\n\r\nGET /w HTTP/1.1\r\n${HOST}\r\n`,
];
const RESPONSES = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n3\r\nyou\r\n0\r\nX-T: 1\r\n\r\n",
  "HTTP/1.0 200 OK\r\nX-A: 1\r\n\r\nto the end",
  "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\nConnection: X-A\r\nX-A: 1\r\n\r\n",
  "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
];

const PIECES = [
  "\r",
  "\n",
  "\r\n",
  "\r\n\r\n",
  "\0",
  " ",
  "\t",
  ":",
  ",",
  ";",
  "\x0b",
  "\x7f",
  "\x85",
  "\xa0",
  "#",
  "0",
  "5",
  "+5",
  "0x5",
  "ffffffff",
  "Content-Length: 5\r\n",
  "Content-Length: 3\r\n",
  "Content-Length: 5, 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding : chunked\r\n",
  "Transfer-Encoding:\x0bchunked\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Host: b.test\r\n",
  "Connection: Host, Content-Length\r\n",
  "Connection: close\r\n",
  "Expect: 100-continue\r\n",
  "Upgrade: h2c\r\n",
  "GET /SMUGGLED HTTP/1.1\r\nHost: a.test\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.0",
  "HTTP/1.1",
  "HTTP/2",
  "chunked",
  " folded\r\n",
  "0\r\n\r\n",
  "3 \t\r\nyou\r\n",
];

/** Messages with up to three mutations, and the offsets at which they are split. */
const sendings = (seeds: readonly string[]) =>
  fc.record({
    text: fc.tuple(
      fc.constantFrom(...seeds),
      fc.constantFrom("", ...seeds),
      fc.array(fc.tuple(fc.nat(400), fc.nat(4), fc.constantFrom(...PIECES)), { maxLength: 3 }),
    ).map(([one, two, mutations]) =>
      mutations.reduce((text, [at, removed, piece]) => {
        const position = at % (text.length + 1);
        return text.slice(0, position) + piece + text.slice(position + removed);
      }, one + two)
    ),
    cuts: fc.array(fc.nat(300), { maxLength: 2 }),
  });

/** Sends the text piece by piece, so that each arrives on its own. */
async function sendInPieces(
  to: { send(text: string): Promise<void> },
  text: string,
  cuts: readonly number[],
) {
  const bounds = [
    0,
    ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b),
    text.length,
  ];
  for (let i = 1; i < bounds.length; i++) {
    if (i > 1) await new Promise((resolve) => setTimeout(resolve, 0));
    await to.send(text.slice(bounds[i - 1], bounds[i]));
  }
}

Deno.test("fuzz: a backend gets the requests that the client's bytes mean, in order, or fewer", async () => {
  await using backend = new ScriptedBackend("users-1");
  await using balancer = balance([backend.url], { engine: "tcp" });
  await fc.assert(
    fc.asyncProperty(sendings(REQUESTS), async ({ text, cuts }) => {
      backend.requests.length = 0;
      using client = await Dialogue.open(balancer.port);
      await sendInPieces(client, text, cuts).then(() => client.closeWrite()).catch(() => {}); // refused early
      await client.rest();
      assertEquals([backend.ambiguous, balancer.errors], [[], []]);
      let rest = text;
      for (const { method, target, fields, body } of backend.requests) {
        const meant = meaningOfRequest(rest);
        if (meant === undefined) {
          throw new Error(`forwarded, but not sent by the client: ${method} ${target}`);
        }
        const origin = meant.start.replace(/ https?:\/\/[^/?]+/i, " ").replace(/ (?=\?|$)/, " /");
        assertEquals(`${method} ${target}`, origin);
        assertEquals(latin1(body), meant.body);
        const seen = fields.map(([name, value]) => `${name}: ${value}`);
        for (const field of meant.fields.filter((field) => !field.startsWith("max-forwards"))) {
          assert(seen.includes(field), `${field} is lost`);
        }
        rest = rest.slice(meant.length);
      }
    }),
    { numRuns: RUNS, seed: SEED },
  );
});

Deno.test("fuzz: a client gets the response that the backend's bytes mean, a truncated one, or 502", async () => {
  let answer = { text: "", cuts: [] as readonly number[] };
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await sendInPieces(side, answer.text, answer.cuts);
  });
  await using balancer = balance([backend.url], { engine: "tcp" });
  await fc.assert(
    fc.asyncProperty(sendings(RESPONSES), async (sending) => {
      answer = sending;
      using client = await Dialogue.open(balancer.port);
      await client.send("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
      const received = await client.rest();
      await backend.settled(); // what it sends late must not reach the next run's request
      assertEquals(balancer.errors, []);
      const got = meaningOfResponse(received);
      if (got === undefined) return; // truncated: the client notices
      assertEquals(got.length, received.length, "bytes follow the response");
      if (got.start === "502" && received.includes("proxy-status")) return;
      const meant = meaningOfResponse(sending.text, true);
      if (meant === undefined) {
        throw new Error(`forwarded, but not sent by the backend: ${received}`);
      }
      assertEquals([got.start, got.body, got.fields], [meant.start, meant.body, meant.fields]);
    }),
    { numRuns: RUNS, seed: SEED },
  );
  assertEquals(backend.errors, []);
});
