/**
 * What is not forwarded: status, Proxy-Status and log entry, the same in both engines. If an engine
 * cannot be the same, the table gives the reason.
 */
import { assertEquals } from "@std/assert";
import type { EngineName } from "../support/balancer.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { Dialogue, request } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const HOST = "Host: a.test\r\n";

interface Refused {
  readonly status: number;
  /** The end of a sentence: in the body, in Proxy-Status and in the log. */
  readonly reason: string;
  /** As the log has them. */
  readonly method: string;
  readonly path: string;
}

/** Deno.serve answers 400 by itself: the engine never sees the request, and nothing is logged. */
const DENO_ANSWERS = "Deno.serve answers 400";

/** What is different in one engine. */
type Exceptions = Partial<Record<EngineName, typeof DENO_ANSWERS | Partial<Refused>>>;

const BAD_HOST = "Host must be one host and an optional port";
const BAD_TARGET = "the target must be a path, or an http URL without userinfo";
const BAD_CODING = "Transfer-Encoding must be chunked";
const NOT_FORWARDED = "this method is not forwarded";
const NO_HOST = "Host is missing";

type Case = readonly [what: string, text: string, refused: Refused, exceptions?: Exceptions];

const get = (status: number, reason: string, path = "/v?x"): Refused => ({
  status,
  reason,
  method: "GET",
  path,
});

const withHost = (what: string, host: string): Case => [
  what,
  `GET /v?x HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  get(400, BAD_HOST),
];

const withTarget = (what: string, target: string, path: string): Case => [
  what,
  `GET ${target} HTTP/1.1\r\n${HOST}\r\n`,
  get(400, BAD_TARGET, path),
];

const withMethod = (method: string): Case => [
  method,
  `${method} /v?x HTTP/1.1\r\n${HOST}\r\n`,
  { status: 405, reason: NOT_FORWARDED, method, path: "/v?x" },
];

const withCoding = (coding: string, exceptions: Exceptions = {}): Case => [
  `the transfer coding ${JSON.stringify(coding)}`,
  `POST /v HTTP/1.1\r\n${HOST}Transfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`,
  { status: 501, reason: BAD_CODING, method: "POST", path: "/v" },
  exceptions,
];

/** @param form of its target; the engine sees none but the authority form from Deno.serve */
const withConnect = (
  form: string,
  target: string,
  path: string = target,
  exceptions: Exceptions = {},
): Case => [
  `CONNECT with ${form}`,
  `CONNECT ${target} HTTP/1.1\r\n${HOST}\r\n`,
  { status: 405, reason: NOT_FORWARDED, method: "CONNECT", path },
  exceptions,
];

const CASES: readonly Case[] = [
  ["no Host", "GET /v?x HTTP/1.1\r\n\r\n", get(400, NO_HOST)],
  ["no Host, but fields", "GET /v?x HTTP/1.1\r\nAccept: */*\r\n\r\n", get(400, NO_HOST)],
  [
    "an absolute target without Host",
    "GET http://b.test/v?x HTTP/1.1\r\nAccept: */*\r\n\r\n",
    get(400, NO_HOST),
  ],
  [
    "two Hosts",
    "GET /v?x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    get(400, "there are several Hosts"),
    { web: DENO_ANSWERS },
  ],
  [
    "two Hosts in HTTP/1.0",
    "GET /v?x HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
    get(400, BAD_HOST),
    { tcp: { reason: "there are several Hosts" } },
  ],
  withHost("an empty Host", ""),
  withHost("a Host with a path", "a.test/x"),
  withHost("a Host with a query", "a.test?x="),
  withHost("a Host with a fragment", "a.test#"),
  withHost("a Host with userinfo", "u@a.test"),
  withHost("a Host with a blank", "a b"),
  withHost("a Host with a backslash", "a\\b"),
  withHost("a Host with two ports", "a:1:2"),
  withHost("a Host with a port that is not a number", "a:http"),
  withHost("a Host of a port alone", ":80"),
  withHost("a Host above ASCII", "\xe4.test"),
  withHost("a Host of 513 bytes", "a".repeat(513)),
  withTarget("a target with userinfo", "http://u:p@b.test/v?x", "/v?x"),
  withTarget("a target with an odd authority", "http://b.test:x/v?x", "/v?x"),
  withTarget("a target whose authority has 513 bytes", `http://${"a".repeat(513)}/v?x`, "/v?x"),
  withTarget("a target of another scheme", "ftp://b.test/v", "ftp://b.test/v"),
  withTarget("a target of another scheme on Host itself", "ftp://a.test/v", "ftp://a.test/v"),
  withConnect("an authority", "a.test:443"),
  withConnect("an authority of another host", "b.test:443"),
  withConnect("an authority without a port", "a.test"),
  withConnect("an IPv6 address", "[::1]:443"),
  withConnect("a port alone", ":443"),
  withConnect("userinfo", "u@a.test:443"),
  withConnect("an absolute target", "http://a.test/v?x", "/v?x", { web: DENO_ANSWERS }),
  withConnect("a target of another scheme", "ftp://a.test", undefined, { web: DENO_ANSWERS }),
  withConnect("a path", "/v?x", "/v?x", { web: DENO_ANSWERS }),
  withConnect("the target *", "*", "*", { web: DENO_ANSWERS }),
  withConnect("an empty target", "", "HTTP/1.1", { web: DENO_ANSWERS }),
  withConnect("a target above ASCII", "\xe4.test", "%E4.test", {
    web: DENO_ANSWERS,
  }),
  withConnect("a fragment", "a.test#b", undefined),
  withMethod("TRACE"),
  withMethod("TRACK"),
  withMethod("trace"),
  [
    "the target * with GET",
    `GET * HTTP/1.1\r\n${HOST}\r\n`,
    get(400, "the target * is for OPTIONS", "*"),
    { web: DENO_ANSWERS },
  ],
  withCoding("gzip, chunked"),
  withCoding("identity", { web: DENO_ANSWERS }),
  withCoding("chunked, chunked", { web: DENO_ANSWERS }),
  [
    "a fragment",
    `GET /a#b HTTP/1.1\r\n${HOST}\r\n`,
    get(400, "the target has a fragment", "/a#b"),
    { tcp: { reason: "the target must be visible ASCII without a fragment" } },
  ],
  [
    "a control character in the target",
    `GET /\x01 HTTP/1.1\r\n${HOST}\r\n`,
    get(400, "the target must be visible ASCII without a fragment", "/%01"),
    { web: DENO_ANSWERS },
  ],
  [
    "a control character in a field",
    `GET /v?x HTTP/1.1\r\n${HOST}X-A: \0\r\n\r\n`,
    get(400, "a field has a control character"),
    { web: DENO_ANSWERS },
  ],
  [
    "a method that is not a token",
    `G(T / HTTP/1.1\r\n${HOST}\r\n`,
    { ...get(400, "the method must be a token", "G(T%20/%20HTTP/1.1"), method: "-" },
    { web: DENO_ANSWERS },
  ],
];

forEachEngine(({ engine, balance, test }) => {
  for (const [what, text, common, exceptions = {}] of CASES) {
    const exception = exceptions[engine];
    if (exception === DENO_ANSWERS) {
      test(`refusals: ${what} never gets here, as Deno.serve answers it`, async () => {
        await using backend = new ScriptedBackend("a");
        await using balancer = balance([backend.url]);
        const response = await request(balancer.port, text);
        assertEquals([response.status, response.field("proxy-status")], [400, undefined]);
        assertEquals([balancer.entries, backend.connections], [[], 0]);
      });
      continue;
    }
    const { status, reason, method, path } = { ...common, ...exception };
    test(`refusals: ${what} is answered ${status}, logged, and reaches no backend`, async () => {
      await using backend = new ScriptedBackend("a");
      await using balancer = balance([backend.url]);
      const response = await request(balancer.port, text);
      assertEquals([response.status, backend.connections], [status, 0]);
      assertEquals(
        response.field("proxy-status"),
        `roundabout; error=http_request_error; details="${reason}"`,
      );
      assertEquals(response.field("allow") !== undefined, status === 405);
      const entries = balancer.entries.map((entry) => [
        entry.method,
        entry.path,
        entry.status,
        entry.attempts,
        entry.refused,
      ]);
      assertEquals(entries, [[method, path, status, [], reason]]);
    });
  }

  test("refusals: on ::, an IPv4 client is logged by its plain address", async () => {
    await using balancer = balance([], { hostname: "::" });
    await request(balancer.port, `TRACE /v HTTP/1.1\r\n${HOST}\r\n`);
    const [entry] = balancer.entries;
    assertEquals([entry?.clientAddress, entry?.method, entry?.path], ["127.0.0.1", "TRACE", "/v"]);
  });

  // The tcp engine refuses these request lines; Deno.serve takes all but DEL.
  for (
    const [what, target, path] of [
      ["DEL", "/\x7f", "/%7F"],
      ["a C1 control character", "/\xc2\x9b1m", "/%C2%9B1m"],
      ["a character that reverses text", "/\xe2\x80\xae", "/%E2%80%AE"],
      ["an emoji", "/\xf0\x9f\x92\xa9", "/%F0%9F%92%A9"],
    ] as const
  ) {
    test(`refusals: ${what} in a path does not get into the log as it is`, async () => {
      await using balancer = balance([]);
      await request(balancer.port, `TRACE ${target} HTTP/1.1\r\n${HOST}\r\n`);
      const isAnsweredByDeno = engine === "web" && what === "DEL";
      assertEquals(balancer.entries[0]?.path, isAnsweredByDeno ? undefined : path);
    });
  }

  test("refusals: on a connection that was used before, the log has the refused request's own path", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    await client.send(`GET /first HTTP/1.1\r\n${HOST}\r\n`);
    assertEquals((await client.response()).status, 200);
    await client.send(`TRACE /second HTTP/1.1\r\n${HOST}\r\n`);
    assertEquals((await client.response()).status, 405);
    assertEquals(balancer.entries.map(({ path }) => path), ["/first", "/second"]);
  });

  test("refusals: OPTIONS with Max-Forwards: 0 is answered here, with the methods that are forwarded", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url]);
    for (
      const [method, hops, local] of [["OPTIONS", "0", true], ["OPTIONS", "1", false], [
        "GET",
        "0",
        false,
      ]]
    ) {
      const text = `${method} /v HTTP/1.1\r\n${HOST}Max-Forwards: ${hops}\r\n\r\n`;
      const { status, field } = await request(balancer.port, text);
      const allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
      assertEquals([status, field("allow")], local ? [204, allow] : [200, undefined]);
    }
    assertEquals(backend.requests.map(({ method }) => method), ["OPTIONS", "GET"]);
  });
});
