/** Requests that somebody else than the operator sends, or lets a browser or a proxy send. */
import { assertEquals } from "@std/assert";
import { requestOver } from "../support/raw_client.ts";
import { startTestAdmin } from "../support/admin_port.ts";

const TOKEN = "0123456789abcdef-all";
const READ_TOKEN = "0123456789abcdef-read";
const AUTHORIZED = `Authorization: Bearer ${TOKEN}`;
const RELOAD = "POST /api/reload HTTP/1.1";
const STATUS = "GET /api/status HTTP/1.1";
const HOST = "Host: localhost:5001";

/** The bytes of a request. */
const head = (...lines: string[]) => [...lines, "", ""].join("\r\n");

/** Answers for three ports: on loopback without a token, there with one, and beyond it with one. */
type Row = readonly [
  name: string,
  lines: readonly string[],
  local: number,
  localWithToken: number,
  beyond: number,
];

const ROWS: readonly Row[] = [
  ["the operator's curl", [RELOAD, HOST], 200, 401, 401],
  ["the operator's curl with the token", [RELOAD, HOST, AUTHORIZED], 200, 200, 200],
  ["reading", [STATUS, HOST], 200, 401, 401],
  ["reading metrics", ["GET /metrics HTTP/1.1", HOST], 200, 401, 401],
  ["a health check", ["GET /readyz HTTP/1.1", HOST], 200, 200, 200],
  ["a health check of old", ["GET /readyz HTTP/1.0"], 200, 200, 200],
  ["no Host", ["POST /api/reload HTTP/1.0"], 403, 403, 401],
  ["no Host, reading", ["GET /api/status HTTP/1.0"], 403, 403, 401],
  ["no Host in HTTP/1.1", [RELOAD], 400, 400, 400],
  ["a path that does not exist", ["GET /api/secrets HTTP/1.1", HOST], 404, 401, 401],

  // A web page in a browser on this machine.
  ["DNS rebinding", [RELOAD, "Host: rebound.example"], 403, 403, 401],
  ["DNS rebinding, reading", [STATUS, "Host: rebound.example:5001"], 403, 403, 401],
  ["DNS rebinding of a health check", ["GET /livez HTTP/1.1", "Host: a.example"], 403, 403, 200],
  ["a name that begins like loopback", [RELOAD, "Host: localhost.evil.example"], 403, 403, 401],
  ["a name that ends like loopback", [RELOAD, "Host: evil-localhost"], 403, 403, 401],
  ["the address that means all", [RELOAD, "Host: 0.0.0.0:5001"], 403, 403, 401],
  ["another spelling of loopback", [RELOAD, "Host: 127.1"], 403, 403, 401],
  ["loopback with a dot", [RELOAD, "Host: localhost."], 403, 403, 401],
  ["an encoded name", [RELOAD, "Host: localhos%74"], 403, 403, 401],
  [
    "an absolute target of another host",
    [
      "POST http://rebound.example/api/reload HTTP/1.1",
      HOST,
    ],
    403,
    403,
    401,
  ],
  [
    "another Host behind an absolute target",
    [
      "POST http://localhost/api/reload HTTP/1.1",
      "Host: rebound.example",
    ],
    403,
    403,
    401,
  ],
  [
    "a form of another page",
    [
      RELOAD,
      HOST,
      "Origin: http://evil.example",
      "Content-Type: application/x-www-form-urlencoded",
      "Content-Length: 0",
    ],
    403,
    403,
    403,
  ],
  [
    "a form of another page, with the token",
    [
      RELOAD,
      HOST,
      AUTHORIZED,
      "Origin: http://evil.example",
    ],
    403,
    403,
    403,
  ],
  ["a sandboxed page", [RELOAD, HOST, "Origin: null"], 403, 403, 403],
  ["no origin at all", [RELOAD, HOST, "Origin:"], 403, 403, 403],
  ["another port of this machine", [RELOAD, HOST, "Origin: http://localhost:3000"], 403, 403, 403],
  ["another name of this machine", [RELOAD, HOST, "Origin: http://127.0.0.1:5001"], 403, 403, 403],
  ["another scheme", [RELOAD, HOST, "Origin: https://localhost:5001"], 403, 403, 403],
  [
    "two origins",
    [
      RELOAD,
      HOST,
      "Origin: http://localhost:5001",
      "Origin: http://evil.example",
    ],
    403,
    403,
    403,
  ],
  [
    "two origins in one",
    [
      RELOAD,
      HOST,
      "Origin: http://localhost:5001 http://evil.example",
    ],
    403,
    403,
    403,
  ],
  ["a page of this port", [RELOAD, HOST, "Origin: http://LOCALHOST:5001"], 200, 401, 401],
  [
    "a page of HTTP's default port",
    [
      RELOAD,
      "Host: localhost:80",
      "Origin: http://localhost",
    ],
    200,
    401,
    401,
  ],
  [
    "a preflight of another page",
    [
      "OPTIONS /api/reload HTTP/1.1",
      HOST,
      "Origin: http://evil.example",
      "Access-Control-Request-Method: POST",
      "Access-Control-Request-Headers: authorization",
    ],
    403,
    403,
    403,
  ],
  [
    "a preflight of this port",
    [
      "OPTIONS /api/reload HTTP/1.1",
      HOST,
      "Origin: http://localhost:5001",
      "Access-Control-Request-Method: POST",
    ],
    405,
    401,
    401,
  ],
  ["an image of another page", ["GET /api/reload HTTP/1.1", HOST], 405, 401, 401],

  // A proxy that faces others, perhaps this balancer itself.
  ["a proxy's Via", [RELOAD, HOST, AUTHORIZED, "Via: 1.1 edge"], 403, 403, 403],
  ["a proxy's Forwarded", [RELOAD, HOST, AUTHORIZED, "forwarded: for=192.0.2.1"], 403, 403, 403],
  ["a proxy's X-Forwarded-For", [STATUS, HOST, AUTHORIZED, "X-Forwarded-For: ::1"], 403, 403, 403],
  ["a proxy's X-Forwarded-Whatever", [STATUS, HOST, "X-Forwarded-Whatever: a"], 403, 403, 403],
  ["an empty X-Forwarded-Host", [STATUS, HOST, AUTHORIZED, "X-Forwarded-Host:"], 403, 403, 403],
  ["an alias that is no hyphen", [STATUS, HOST, AUTHORIZED, "X_Forwarded_For: a"], 403, 403, 403],
  ["a health check by a proxy", ["GET /livez HTTP/1.1", HOST, "Via: 1.1 a"], 403, 403, 403],
  [
    "a name in Connection does not hide Via",
    [
      RELOAD,
      HOST,
      AUTHORIZED,
      "Connection: Via",
      "Via: 1.1 edge",
    ],
    403,
    403,
    403,
  ],

  // Tokens.
  ["a wrong token", [RELOAD, HOST, `${AUTHORIZED}x`], 200, 401, 401],
  ["the beginning of the token", [RELOAD, HOST, AUTHORIZED.slice(0, -1)], 200, 401, 401],
  ["the token twice over", [RELOAD, HOST, AUTHORIZED + TOKEN], 200, 401, 401],
  ["the token in lower scheme", [RELOAD, HOST, `authorization:bearer  ${TOKEN}`], 200, 200, 200],
  ["the token by another scheme", [RELOAD, HOST, `Authorization: Basic ${TOKEN}`], 200, 401, 401],
  ["two Authorizations", [RELOAD, HOST, AUTHORIZED, AUTHORIZED], 200, 401, 401],
  ["the token in the query", [`POST /api/reload?token=${TOKEN} HTTP/1.1`, HOST], 200, 401, 401],
  ["no token but the word", [RELOAD, HOST, "Authorization: Bearer "], 200, 401, 401],
  [
    "the token for reading, to read",
    [
      STATUS,
      HOST,
      `Authorization: Bearer ${READ_TOKEN}`,
    ],
    200,
    200,
    200,
  ],
  [
    "the token for reading, to change",
    [
      RELOAD,
      HOST,
      `Authorization: Bearer ${READ_TOKEN}`,
    ],
    200,
    403,
    403,
  ],

  // Methods.
  ["a change by GET", ["GET /api/reload HTTP/1.1", HOST, AUTHORIZED], 405, 405, 405],
  ["a change by HEAD", ["HEAD /api/reload HTTP/1.1", HOST, AUTHORIZED], 405, 405, 405],
  ["a method in lower case", ["post /api/reload HTTP/1.1", HOST, AUTHORIZED], 405, 405, 405],
  [
    "a method that overrides",
    [
      "GET /api/reload HTTP/1.1",
      HOST,
      AUTHORIZED,
      "X-HTTP-Method-Override: POST",
    ],
    405,
    405,
    405,
  ],
  ["TRACE", ["TRACE /api/status HTTP/1.1", HOST, AUTHORIZED], 405, 405, 405],
  ["CONNECT", ["CONNECT localhost:80 HTTP/1.1", HOST, AUTHORIZED], 400, 400, 400],

  // Paths that could be read as another one.
  ["dot segments to a change", ["POST /livez/../api/reload HTTP/1.1", HOST], 404, 401, 401],
  ["dot segments to metrics", ["GET /api/../metrics HTTP/1.1", HOST], 404, 401, 401],
  ["encoded dots", ["GET /livez/%2e%2e/metrics HTTP/1.1", HOST], 404, 401, 401],
  ["an encoded letter", ["POST /api/%72eload HTTP/1.1", HOST], 404, 401, 401],
  ["an encoded slash", ["POST /api%2freload HTTP/1.1", HOST], 404, 401, 401],
  ["two slashes", ["POST //api/reload HTTP/1.1", HOST], 404, 401, 401],
  ["a slash behind", ["POST /api/reload/ HTTP/1.1", HOST], 404, 401, 401],
  ["a backslash", ["POST /api\\reload HTTP/1.1", HOST], 404, 401, 401],
  ["a parameter of a segment", ["POST /api/reload;a HTTP/1.1", HOST], 404, 401, 401],
  ["capitals", ["POST /API/reload HTTP/1.1", HOST], 404, 401, 401],
  ["health behind a question mark", ["POST /api/reload?/livez HTTP/1.1", HOST], 200, 401, 401],
  [
    "a pool that is no text",
    ["POST /api/pools/%ff/backends/a/drain HTTP/1.1", HOST],
    400,
    401,
    401,
  ],
  ["a pool without a name", ["POST /api/pools//backends/a/drain HTTP/1.1", HOST], 404, 401, 401],
  [
    "a pool of prototypes",
    [
      "POST /api/pools/__proto__/backends/constructor/drain HTTP/1.1",
      HOST,
    ],
    404,
    401,
    401,
  ],
  ["an asterisk", ["OPTIONS * HTTP/1.1", HOST], 404, 401, 401],
  ["a fragment", ["GET /api/status# HTTP/1.1", HOST], 400, 400, 400],
  ["a target that is no path", ["GET api/status HTTP/1.1", HOST], 400, 400, 400],
  [
    "an absolute target with a user",
    ["GET http://a@localhost/livez HTTP/1.1", HOST],
    400,
    400,
    400,
  ],

  // Heads and bodies that could be read in two ways.
  ["a bare CR", [`${STATUS}\rX: a`, HOST], 400, 400, 400],
  ["a bare LF", [`${STATUS}\n${HOST}`], 400, 400, 400],
  ["a NUL", [STATUS, HOST, "X: a\0b"], 400, 400, 400],
  ["a folded line", [STATUS, HOST, "X: a", " b"], 400, 400, 400],
  ["a blank before a colon", [STATUS, "Host : localhost"], 400, 400, 400],
  ["two Hosts", [RELOAD, HOST, HOST], 400, 400, 400],
  ["a hundred and one lines", [STATUS, HOST, ...Array<string>(100).fill("X: a")], 431, 431, 431],
  ["HTTP/2", ["GET /livez HTTP/2.0", HOST], 505, 505, 505],
  ["two lengths", [RELOAD, HOST, "Content-Length: 0", "Content-Length: 5"], 400, 400, 400],
  ["a length below 0", [RELOAD, HOST, "Content-Length: -1"], 400, 400, 400],
  [
    "a length and chunks",
    [
      RELOAD,
      HOST,
      "Content-Length: 0",
      "Transfer-Encoding: chunked",
    ],
    400,
    400,
    400,
  ],
  ["chunks", [RELOAD, HOST, AUTHORIZED, "Transfer-Encoding: chunked"], 411, 411, 411],
  ["another coding", [RELOAD, HOST, AUTHORIZED, "Transfer-Encoding: gzip"], 501, 501, 501],
  ["a body over 64 KiB", [RELOAD, HOST, AUTHORIZED, "Content-Length: 65537"], 413, 413, 413],
  [
    "a body of a terabyte",
    [RELOAD, HOST, AUTHORIZED, "Content-Length: 1000000000000"],
    413,
    413,
    413,
  ],
];

/** The same request of a client that speaks TLS: what names the scheme or its port names those of https. */
function securely(lines: readonly string[]): string[] {
  const other = { "http:": "https:", "https:": "http:" };
  return lines.map((line) =>
    line.replace(
      /^(Origin: )(https?:)/,
      (_, name, scheme: keyof typeof other) => name + other[scheme],
    ).replace(/^Host: localhost:80$/, "Host: localhost:443")
  );
}

for (const [name, lines, ...expected] of ROWS) {
  const test = (kind: string, more: Parameters<typeof startTestAdmin>[0], sent = lines) =>
    Deno.test(`admin attacks: ${kind}: ${name} is answered ${expected.join(", ")}`, async () => {
      const tokens = { token: TOKEN, readToken: READ_TOKEN, ...more };
      using local = startTestAdmin(more);
      using withToken = startTestAdmin(tokens);
      using beyond = startTestAdmin({ hostname: "0.0.0.0", ...tokens });
      await expectAnswers([local, withToken, beyond], sent, expected);
    });
  test("http", {});
  test("https", { isSecure: true }, securely(lines));
  Deno.test(`admin attacks: unix socket: ${name} is answered ${expected.slice(0, 2).join(", ")}`, async () => {
    using local = startTestAdmin({ unix: socketName() });
    const tokens = { token: TOKEN, readToken: READ_TOKEN };
    using withToken = startTestAdmin({ unix: socketName(), ...tokens });
    await expectAnswers([local, withToken], lines, expected);
  });
}

/** An abstract one: it has no file. */
function socketName(): string {
  return `\0roundabout-test-${crypto.randomUUID()}`;
}

/** @param expected the status of each, in their order; there may be more */
async function expectAnswers(
  ports: readonly ReturnType<typeof startTestAdmin>[],
  lines: readonly string[],
  expected: readonly number[],
): Promise<void> {
  const bytes = head(...lines);
  const responses = await Promise.all(
    ports.map(async (port) => requestOver(await port.connect(), bytes)),
  );
  assertEquals(responses.map(({ status }) => status), expected.slice(0, ports.length));
  for (const [index, response] of responses.entries()) {
    const isDone = response.status === 200 && lines[0]!.startsWith("POST");
    assertEquals(ports[index]!.control.asked, isDone ? ["reload"] : []);
    assertEquals(ports[index]!.errors, []);
    assertEquals(response.field("cache-control"), "no-store");
    assertEquals(response.field("x-content-type-options"), "nosniff");
    const cors = response.fields.filter(([name]) => name.startsWith("access-control-"));
    assertEquals(cors, []);
    assertEquals(response.field("www-authenticate") !== undefined, response.status === 401);
    assertEquals(response.field("allow") !== undefined, response.status === 405);
  }
}

for (
  const [path, expected] of [
    ["/livez", 200],
    ["/readyz", 200],
    ["/metrics", 403],
    ["/api/status", 403],
    ["/api/secrets", 403],
    ["/", 403],
  ] as const
) {
  Deno.test(`admin attacks: beyond loopback without a token, GET ${path} is answered ${expected}`, async () => {
    using open = startTestAdmin({ hostname: "0.0.0.0" });
    assertEquals((await open.ask(path))[0], expected);
    const headers = { authorization: `Bearer ${TOKEN}` };
    assertEquals((await open.ask(path, { headers }))[0], expected);
  });
}

Deno.test("admin attacks: with readToken alone nothing can be changed, on loopback either", async () => {
  using api = startTestAdmin({ readToken: READ_TOKEN });
  assertEquals((await api.call("POST", "/api/reload")).status, 401);
  const headers = { authorization: `Bearer ${READ_TOKEN}` };
  for (const path of ["/api/reload", "/api/stop"]) {
    assertEquals((await api.call("POST", path, { headers })).status, 403);
  }
  assertEquals(api.control.asked, []);
  assertEquals((await api.call("GET", "/api/status", { headers })).status, 200);
});

Deno.test("admin attacks: tokens that a reload changes apply to the next request", async () => {
  let token = TOKEN;
  using api = startTestAdmin({ tokens: () => ({ token, readToken: undefined }) });
  const headers = { authorization: `Bearer ${TOKEN}` };
  assertEquals((await api.call("POST", "/api/reload", { headers })).status, 200);
  token = "another-token-of-its-own";
  assertEquals((await api.call("POST", "/api/reload", { headers })).status, 401);
});
