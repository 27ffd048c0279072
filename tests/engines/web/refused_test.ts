import { assertEquals } from "@std/assert";
import { balance } from "../../support/balancer.ts";
import { request } from "../../support/raw_client.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";

const HOST = "Host: a.test\r\n";

/** Requests that HTTP allows, but fetch would not forward unchanged. */
const REFUSED: readonly (readonly [what: string, request: string, status: number])[] = [
  ["a backslash in the path", `GET /a\\..\\b HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["dot segments", `GET /a/../b HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a dot segment at the end", `GET /a/. HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["dot segments before a query", `GET /a/..?b HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["encoded dot segments", `GET /a/%2e%2E/b HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["half encoded dot segments", `GET /a/.%2e/b HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["dot segments behind a prefix", `GET /.. HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["an apostrophe in the query", `GET /?q='x' HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a method that fetch would capitalize", `post / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["OPTIONS *", `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a GET with a body", `GET / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`, 400],
  [
    "a GET with a chunked body",
    `GET / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  ["a HEAD with a body", `HEAD / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`, 400],
];

for (const [what, text, status] of REFUSED) {
  Deno.test(`web engine: ${what} is answered ${status} and reaches no backend`, async () => {
    await using backend = new ScriptedBackend("users-1");
    await using balancer = balance([backend.url]);
    const response = await request(balancer.port, text);
    assertEquals([response.status, backend.connections], [status, 0]);
    assertEquals(/^roundabout; error=/.test(response.field("proxy-status")!), true);
  });
}
