/** What reading heads and chunks, and putting a forwarded head together, costs. Use: `deno task bench` */
import { bytesOf } from "../../lib/engines/tcp/http1/bytes.ts";
import { Chunked } from "../../lib/engines/tcp/http1/chunked.ts";
import { ForwardedHead } from "../../lib/engines/tcp/http1/forwarded_head.ts";
import { ProxyLines } from "../../lib/engines/tcp/http1/proxy_lines.ts";
import { RequestHead } from "../../lib/engines/tcp/http1/request_head.ts";
import { ResponseHead } from "../../lib/engines/tcp/http1/response_head.ts";
import { editHead } from "../../lib/engines/tcp/http1/response_framing.ts";

const BROWSER = [
  "Connection: keep-alive",
  "Cache-Control: max-age=0",
  "Upgrade-Insecure-Requests: 1",
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Sec-Fetch-Site: none",
  "Sec-Fetch-Mode: navigate",
  "Sec-Fetch-Dest: document",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Accept-Language: en-US,en;q=0.9,de;q=0.8",
  "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=yes",
];
const REQUESTS = {
  "a plain GET": "GET /users/1 HTTP/1.1\r\nHost: a.test\r\n\r\n",
  "a browser's GET": `GET /users/1 HTTP/1.1\r\nHost: a.test\r\n${BROWSER.join("\r\n")}\r\n\r\n`,
  "a GET through another proxy":
    "GET / HTTP/1.1\r\nHost: a.test\r\nVia: 1.1 edge\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n",
};
const RESPONSE = "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\n" +
  "Content-Type: text/plain\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello";
const CHUNKS = `${`1000\r\n${"x".repeat(4096)}\r\n`.repeat(4)}0\r\n\r\n`;

for (const [what, text] of Object.entries(REQUESTS)) {
  const bytes = bytesOf(text);
  const head = new RequestHead();
  const own = new ProxyLines({ address: "192.0.2.7", scheme: "http" }, false, "roundabout");
  const out = new Uint8Array(4096);
  const prefix = new Uint8Array();

  Deno.bench(`read ${what} of ${bytes.length} bytes`, () => {
    head.reset(0);
    head.scan(bytes, bytes.length);
  });

  Deno.bench(`read ${what} and put it together for a backend`, () => {
    head.reset(0);
    head.scan(bytes, bytes.length);
    new ForwardedHead(bytes, head, own, undefined).write(bytes, out, prefix, "b.test");
  });
}

const received = bytesOf(" ".repeat(64) + RESPONSE);
const buffer = received.slice();
const responseHead = new ResponseHead();

Deno.bench("read a response's head and edit it in place", () => {
  buffer.set(received);
  responseHead.reset(64);
  responseHead.scan(buffer, buffer.length);
  editHead(buffer, responseHead, "length", undefined);
});

const chunks = bytesOf(CHUNKS);

Deno.bench(`check ${chunks.length} bytes of chunks`, () => {
  new Chunked().scan(chunks, 0, chunks.length);
});
