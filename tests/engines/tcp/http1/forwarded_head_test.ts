import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Malformed } from "../../../../lib/engines/tcp/http1/malformed.ts";
import { ProxyLines } from "../../../../lib/engines/tcp/http1/proxy_lines.ts";
import {
  ADDED_LINES,
  CLIENT,
  forward,
  lines,
  REQUEST_ID,
  write,
} from "../../../support/head_writer.ts";

const start = ["GET /v?x=1 HTTP/1.1", "Host: a.test"];

for (
  const [what, kept] of [
    ["Host alone", []],
    ["its order, case and duplicates", ["X-D: 1", "cOOkie: a", "x-d: 2", "Cookie: b", "X-D: 1"]],
    ["odd spacing", ["X-A:1", "X-B:  two  words\t ", "X-C:", "X-D: ", "X-E:\t\t"]],
    ["any bytes", ["X-A: \x80\xff\xa0é", '!#$%&\'*+-.^_`|~9: "(x)"']],
    ["names that begin like known ones", [
      "Vian: x",
      "X-Forwarded: x",
      "X-Request-Idx: x",
      "Hosts: x",
    ]],
    ["names as long as hop-by-hop ones", ["Connectiom: x", "Upgrads: x", "tf: x"]],
    ["Content-Length", ["Content-Length:  5", "Content-Type: text/plain"]],
    ["Trailer", ["Trailer: x-sum"]],
  ] as const
) {
  Deno.test(`forwarded head: a plain request is forwarded with ${what}, byte for byte`, () => {
    assertEquals(forward([...start, ...kept]), [...start, ...kept, ...ADDED_LINES]);
    assertEquals(forward([start[0]!, ...kept, "HOST:a.test "]), [
      start[0]!,
      ...kept,
      "HOST:a.test ",
      ...ADDED_LINES,
    ]);
  });
}

const HOP = ["Keep-Alive", "Proxy-Connection", "TE", "HTTP2-Settings", "Proxy-Authorization"];

for (const name of [...HOP, "Proxy-Authenticate", "Upgrade", "Connection"]) {
  Deno.test(`forwarded head: ${name} is not forwarded, in any position`, () => {
    const line = `${name}: x`;
    const rest = ["X-A: 1", "X-B: 2"];
    const expected = [...start, ...rest, ...ADDED_LINES];
    assertEquals(forward([start[0]!, line, start[1]!, ...rest]), expected);
    assertEquals(forward([...start, ...rest, line]), expected);
    assertEquals(forward([...start, "X-A: 1", line.toUpperCase(), "X-B: 2"]), expected);
  });
}

Deno.test("forwarded head: fields that Connection lists are not forwarded, neither before nor after it", () => {
  const request = [...start, "X-A: 1", "x-b: 2", "Connection: close, X-B ,x-c,host", "X-C: 3"];
  assertEquals(forward([...request, "X-D: 4"]), [...start, "X-A: 1", "X-D: 4", ...ADDED_LINES]);
  assertEquals(forward([...start, "Trailer: x", "Connection: trailer"]), [
    ...start,
    ...ADDED_LINES,
  ]);
});

Deno.test("forwarded head: the added lines are those of the request's Host, with a new id each time", () => {
  const proxyLines = new ProxyLines({ address: CLIENT, scheme: "http" }, false, "roundabout");
  const ids = new Set<string>();
  const hosts = ["a.test", "a.test", "a.tesu", "a.tes", "b.tes", "a.test", "A.TEST"];
  for (const host of hosts) {
    const { text } = write(lines("GET / HTTP/1.1", `Host: ${host}`), { proxyLines });
    const [id = "no id"] = REQUEST_ID.exec(text) ?? [];
    ids.add(id);
    const expected = ADDED_LINES.map((line) =>
      line.replace("a.test", host).replace("ID", id.slice(14))
    );
    assertEquals(text, lines("GET / HTTP/1.1", `Host: ${host}`, ...expected));
  }
  assertEquals(ids.size, hosts.length);
});

Deno.test("forwarded head: an invalid Host does not affect the next request", () => {
  const proxyLines = new ProxyLines({ address: CLIENT, scheme: "http" }, false, "roundabout");
  forward(start, { proxyLines });
  assertThrows(() => forward(["GET / HTTP/1.1", "Host: a/b"], { proxyLines }), Malformed);
  assertEquals(forward(start, { proxyLines }), [...start, ...ADDED_LINES]);
});

for (
  const [target, prefix, expected] of [
    ["/v?x=1", "", "/v?x=1"],
    ["/v?x=1", "/base", "/base/v?x=1"],
    ["/", "/base", "/base/"],
    ["//x/../%2e\\'\"|", "", "//x/../%2e\\'\"|"],
    ["http://a.test", "", "/"],
    ["http://a.test/v?x=1", "", "/v?x=1"],
    ["HTTP://a.test/v?x=http://b/", "/base", "/base/v?x=http://b/"],
    ["https://a.test?x=/", "/base", "/base/?x=/"],
    ["*", "", "*"],
    ["*", "/base", "*"],
  ] as const
) {
  Deno.test(`forwarded head: the target ${target} becomes ${expected} for a backend with the path "${prefix}"`, () => {
    const method = target === "*" ? "OPTIONS" : "GET";
    const host = target.toLowerCase().startsWith("http") ? "host: a.test" : "Host: a.test";
    const request = [`${method} ${target} HTTP/1.1`, "Host: a.test"];
    const seen = [`${method} ${expected} HTTP/1.1`, host, ...ADDED_LINES];
    assertEquals(forward(request, { prefix }), seen);
  });
}

Deno.test("forwarded head: the authority of an absolute target replaces Host", () => {
  const request = ["GET http://x.test:8/v HTTP/1.1", "X-A: 1", "Host: a.test", "X-B: 2"];
  const own = ADDED_LINES.map((line) => line.replace("a.test", "x.test:8"));
  const expected = ["GET /v HTTP/1.1", "host: x.test:8", "X-A: 1", "X-B: 2", ...own];
  assertEquals(forward(request), expected);
  for (const [text, path, authority] of [[request, "/v", "x.test:8"], [start]] as const) {
    const { forwarded } = write(lines(...text));
    assertEquals([forwarded.path, forwarded.authority], [path, authority]);
  }
});

Deno.test("forwarded head: HTTP/1.0 becomes HTTP/1.1, and Via names the version received", () => {
  const own = ADDED_LINES.map((line) => line.replace("1.1", "1.0"));
  for (const prefix of ["", "/base"]) {
    assertEquals(
      forward(["GET /v HTTP/1.0", "Host: a.test", "Expect: 100-continue"], { prefix }),
      [`GET ${prefix}/v HTTP/1.1`, "Host: a.test", ...own],
    );
  }
});

Deno.test("forwarded head: an HTTP/1.0 request without Host gets that of the backend, and no X-Forwarded-Host", () => {
  const own = ADDED_LINES.map((line) => line.replace("1.1", "1.0"))
    .filter((line) => !line.startsWith("x-forwarded-host"));
  const expected = ["GET /v HTTP/1.1", "host: b.test:81", "X-A: 1", ...own];
  assertEquals(forward(["GET /v HTTP/1.0", "X-A: 1"]), expected);
  const absolute = forward(["GET http://a.test/v HTTP/1.0"]);
  assertEquals(absolute.slice(0, 2), ["GET /v HTTP/1.1", "host: a.test"]);
  assert(absolute.includes("x-forwarded-host: a.test"));
});

const LENGTH = ["Content-Length:5"];
const FORWARDED_LINES = ["X-Forwarded-For: 9.9.9.9", "x-forwarded-for:8.8.8.8 , 7.7.7.7 "];
const OTHERS = ["X-FORWARDED-PROTO:  https", "X-Forwarded-Host: edge.test"];
const LONG = `X-Forwarded-${"Long-".repeat(6)}Name: 1`;

Deno.test("forwarded head: every X-Forwarded-* of an untrusted peer is replaced", () => {
  const request = [...start, ...FORWARDED_LINES, "X-A: 1", ...OTHERS, LONG, "X-Forwarded-: x"];
  assertEquals(forward(request), [...start, "X-A: 1", ...ADDED_LINES]);
});

Deno.test("forwarded head: X-Forwarded-* of a trusted peer are forwarded, and X-Forwarded-For is appended to", () => {
  const request = [...start, ...FORWARDED_LINES, "X-A: 1", ...OTHERS, LONG];
  assertEquals(forward(request, { trusted: true }), [
    ...start,
    "X-A: 1",
    ...OTHERS,
    LONG,
    `x-forwarded-for: 9.9.9.9, 8.8.8.8 , 7.7.7.7, ${CLIENT}`,
    ...ADDED_LINES.slice(3),
  ]);
  assertEquals(forward(start, { trusted: true }), [...start, ...ADDED_LINES]);
});

Deno.test("forwarded head: the proxy adds no line that a trusted peer has sent", () => {
  const line = `x-forwarded-for: 9.9.9.9, ${CLIENT}`;
  const withFor = ADDED_LINES.map((own) => own.startsWith("x-forwarded-for") ? line : own);
  const without = (name: string) => ADDED_LINES.filter((own) => !own.startsWith(name));
  for (
    const [sent, kept, own] of [
      ["X-Forwarded-For:\t9.9.9.9 ", [], withFor],
      ["X-Forwarded-For: ", [], ADDED_LINES],
      ["X-Forwarded-Proto: https", ["X-Forwarded-Proto: https"], without("x-forwarded-proto")],
      ["X-Forwarded-Host:", ["X-Forwarded-Host:"], without("x-forwarded-host")],
      ["X-Forwarded-Port: 1", ["X-Forwarded-Port: 1"], ADDED_LINES],
      ["X-Request-Id:", ["X-Request-Id:"], without("x-request-id")],
    ] as const
  ) {
    const seen = forward([...start, sent, "X-A: 1"], { trusted: true });
    assertEquals(seen, [...start, ...kept, "X-A: 1", ...own]);
  }
});

for (
  const [what, sent, kept, ours] of [
    ["Via is appended to", ["VIA: 1.0 edge ", "via:2 x"], [], "via: 1.0 edge, 2 x, 1.1 roundabout"],
    ["Max-Forwards is decremented", ["MAX-Forwards:\t10 "], ["max-forwards: 9"], ""],
    ["Max-Forwards of 0 is unchanged", ["Max-Forwards:  0"], ["Max-Forwards:  0"], ""],
    ["an empty Via adds no item", ["Via: \t", "Via:"], [], "via: 1.1 roundabout"],
    ["X-Request-Id is forwarded", ["X-Request-ID:mine"], ["X-Request-ID:mine"], "x-request-id"],
    ["Expect is forwarded", ["Expect:100-Continue"], ["Expect:100-Continue"], ""],
    [
      "a repeated Content-Length is forwarded once",
      ["Content-Length:5", "content-length:05"],
      LENGTH,
      "",
    ],
  ] as const
) {
  Deno.test(`forwarded head: ${what}, and the lines around it are unchanged`, () => {
    const request = [...start, "X-A:1", ...sent, "X-B:2"];
    const name = ours.split(":")[0]!;
    const own = ADDED_LINES.filter((line) => name === "" || !line.startsWith(name));
    if (ours.includes(":")) own.splice(3, 0, ours);
    const changed = kept.filter((line) => line.startsWith("max"));
    const rest = kept.filter((line) => !line.startsWith("max"));
    assertEquals(forward(request), [...start, "X-A:1", ...rest, "X-B:2", ...changed, ...own]);
  });
}

Deno.test("forwarded head: the proxy writes Connection, Upgrade and Transfer-Encoding itself", () => {
  const request = [...start, "Transfer-Encoding: Chunked", "Connection: upgrade", "Upgrade: x"];
  const ours = ["connection: upgrade", "upgrade: x", "transfer-encoding: chunked"];
  assertEquals(forward(request, { upgrade: "x" }), [...start, ...ours, ...ADDED_LINES]);
  assertEquals(forward(request), [...start, ours[2]!, ...ADDED_LINES]);
});

const bad = ["", ":80", "a b", "a/b", "user@a.test", "a:b", "a:655360", "é", "[::1", "a,b@c", "%"];

for (const host of [...bad, "a".repeat(513)]) {
  const shown = host.length > 20 ? "a name of 513 bytes" : `"${host}"`;

  Deno.test(`forwarded head: ${shown} is refused as a host, in Host and in a target`, () => {
    for (const rest of [["1.1", "X-A: 1"], ["1.1", "Via: x"], ["1.0", "Connection: x-a"]]) {
      const request = [`GET / HTTP/${rest[0]}`, `Host: ${host}`, rest[1]!];
      const { reason, status } = assertThrows(() => forward(request), Malformed);
      assertEquals([reason, status], ["Host must be one host and an optional port", 400]);
    }
    const both = ["GET http://a.test/ HTTP/1.1", `Host: ${host}`];
    assertThrows(() => forward(both), Malformed, "Host must be one host");
    if (/[ é/]/.test(host)) return; // these end the authority, or the target does not allow them
    const absolute = [`GET http://${host}/ HTTP/1.1`, "Host: a.test"];
    assertThrows(() => forward(absolute), Malformed, "the target must be a path, or an http URL");
  });
}

for (const target of ["a.test:80", "a.test/v", "ftp://a.test/", "http:/a.test/", "http:", "**"]) {
  Deno.test(`forwarded head: the target ${target} is refused`, () => {
    assertThrows(() => forward([`GET ${target} HTTP/1.1`, "Host: a.test"]), Malformed, "target");
  });
}

Deno.test("forwarded head: a host of 512 bytes is forwarded, in Host and in a target", () => {
  const host = "a".repeat(512);
  assertMatch(write(lines("GET / HTTP/1.1", `Host: ${host}`)).text, /^x-forwarded-host: a{512}\r/m);
  assertMatch(write(lines(`GET http://${host} HTTP/1.1`, "Host: a")).text, /^host: a{512}\r/m);
});
