import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { bytesOf, textOf } from "../../../../lib/engines/tcp/http1/bytes.ts";
import { Malformed } from "../../../../lib/engines/tcp/http1/malformed.ts";
import { ProxyLines } from "../../../../lib/engines/tcp/http1/proxy_lines.ts";
import { RequestHead } from "../../../../lib/engines/tcp/http1/request_head.ts";
import { ADDED_LINES, CLIENT, lines, REQUEST_ID } from "../../../support/head_writer.ts";

/** A request whose client is trusted. */
function read(...request: string[]) {
  const bytes = bytesOf(lines("GET / HTTP/1.1", "Host: a.test", ...request));
  const head = new RequestHead();
  head.forwarding.trusted = true;
  head.reset(0);
  assert(head.scan(bytes, bytes.length));
  return { bytes, head };
}

function written(proxyLines: ProxyLines, { bytes, head }: ReturnType<typeof read>): string {
  const out = new Uint8Array(1_000);
  return textOf(out, 5, proxyLines.write(bytes, head, out, 5));
}

const text = (...all: string[]) => all.map((line) => `${line}\r\n`).join("");
const idOf = (written: string) => REQUEST_ID.exec(written)![0];

Deno.test("proxy lines: each request gets a new id, the same for all its attempts", () => {
  const proxyLines = new ProxyLines({ address: CLIENT, scheme: "http" }, true, "roundabout");
  const request = read();
  proxyLines.prepare(request.bytes, request.head);
  const first = written(proxyLines, request);
  assertEquals(first, text(...ADDED_LINES).replace("x-request-id: ID", idOf(first)));
  assertEquals([written(proxyLines, request), proxyLines.length], [first, first.length]);
  proxyLines.prepare(request.bytes, request.head);
  assertNotEquals(idOf(written(proxyLines, request)), idOf(first));
});

Deno.test("proxy lines: they are rebuilt for another Host, even at the same offset and of the same length", () => {
  const proxyLines = new ProxyLines({ address: CLIENT, scheme: "http" }, true, "roundabout");
  const request = read("Via: x");
  proxyLines.prepare(request.bytes, request.head);
  request.bytes[request.head.hostStart] = 0x62; // b: one buffer receives request after request
  proxyLines.prepare(request.bytes, request.head);
  assert(
    written(proxyLines, request).includes(
      "\r\nx-forwarded-host: b.test\r\nvia: x, 1.1 roundabout\r\n",
    ),
  );
  request.bytes[request.head.hostStart] = 0x2f; // a slash
  assertThrows(() => proxyLines.prepare(request.bytes, request.head), Malformed);
});

Deno.test("proxy lines: the fields of one request do not affect the next", () => {
  const proxyLines = new ProxyLines({ address: CLIENT, scheme: "http" }, true, "roundabout");
  const said = read("X-Forwarded-Proto: https", "X-Forwarded-Host: b", "X-Request-Id: c", "Via: d");
  proxyLines.prepare(said.bytes, said.head);
  assertEquals(written(proxyLines, said), text(ADDED_LINES[0]!, "via: d, 1.1 roundabout"));
  const plain = read();
  proxyLines.prepare(plain.bytes, plain.head);
  const seen = written(proxyLines, plain);
  assertEquals(seen, text(...ADDED_LINES).replace("x-request-id: ID", idOf(seen)));
});
