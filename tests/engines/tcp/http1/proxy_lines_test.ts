import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { bytesOf, textOf } from "../../../../lib/engines/tcp/http1/bytes.ts";
import { Malformed } from "../../../../lib/engines/tcp/http1/malformed.ts";
import { ProxyLines } from "../../../../lib/engines/tcp/http1/proxy_lines.ts";
import { RequestHead } from "../../../../lib/engines/tcp/http1/request_head.ts";
import { CLIENT, lines, OWN, REQUEST_ID } from "../../../support/head_writer.ts";

/** A request whose client is trusted. */
function read(...request: string[]) {
  const bytes = bytesOf(lines("GET / HTTP/1.1", "Host: a.test", ...request));
  const head = new RequestHead();
  head.forwarding.trusted = true;
  head.reset(0);
  assert(head.scan(bytes, bytes.length));
  return { bytes, head };
}

function written(own: ProxyLines, { bytes, head }: ReturnType<typeof read>): string {
  const out = new Uint8Array(1_000);
  return textOf(out, 5, own.write(bytes, head, out, 5));
}

const text = (...all: string[]) => all.map((line) => `${line}\r\n`).join("");
const idOf = (written: string) => REQUEST_ID.exec(written)![0];

Deno.test("own lines: each request has an id, the same for each attempt", () => {
  const own = new ProxyLines(CLIENT, true);
  const request = read();
  own.prepare(request.bytes, request.head);
  const first = written(own, request);
  assertEquals(first, text(...OWN).replace("x-request-id: ID", idOf(first)));
  assertEquals([written(own, request), own.length], [first, first.length]);
  own.prepare(request.bytes, request.head);
  assertNotEquals(idOf(written(own, request)), idOf(first));
});

Deno.test("own lines: they follow the host, though it stands in the same place", () => {
  const own = new ProxyLines(CLIENT, true);
  const request = read("Via: x");
  own.prepare(request.bytes, request.head);
  request.bytes[request.head.hostStart] = 0x62; // b: the buffer is used for one after the other
  own.prepare(request.bytes, request.head);
  assert(
    written(own, request).includes("\r\nx-forwarded-host: b.test\r\nvia: x, 1.1 roundabout\r\n"),
  );
  request.bytes[request.head.hostStart] = 0x2f; // a slash
  assertThrows(() => own.prepare(request.bytes, request.head), Malformed);
});

Deno.test("own lines: what one request said is not said of the next", () => {
  const own = new ProxyLines(CLIENT, true);
  const said = read("X-Forwarded-Proto: https", "X-Forwarded-Host: b", "X-Request-Id: c", "Via: d");
  own.prepare(said.bytes, said.head);
  assertEquals(written(own, said), text(OWN[0]!, "via: d, 1.1 roundabout"));
  const plain = read();
  own.prepare(plain.bytes, plain.head);
  const seen = written(own, plain);
  assertEquals(seen, text(...OWN).replace("x-request-id: ID", idOf(seen)));
});
