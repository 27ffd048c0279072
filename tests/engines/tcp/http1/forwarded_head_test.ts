import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Malformed } from "../../../../lib/engines/tcp/http1/malformed.ts";
import { ProxyLines } from "../../../../lib/engines/tcp/http1/proxy_lines.ts";
import { CLIENT, forward, lines, OWN, REQUEST_ID, write } from "../../../support/head_writer.ts";

const start = ["GET /v?x=1 HTTP/1.1", "Host: a.test"];

for (
  const [what, kept] of [
    ["no further line", []],
    ["order, case and duplicates", ["X-D: 1", "cOOkie: a", "x-d: 2", "Cookie: b", "X-D: 1"]],
    ["odd spacing", ["X-A:1", "X-B:  two  words\t ", "X-C:", "X-D: ", "X-E:\t\t"]],
    ["any bytes", ["X-A: \x80\xff\xa0é", '!#$%&\'*+-.^_`|~9: "(x)"']],
    ["names that begin as ours", ["Vian: x", "X-Forwarded: x", "X-Request-Idx: x", "Hosts: x"]],
    ["names as long as those of the hop", ["Connectiom: x", "Upgrads: x", "tf: x"]],
    ["lines that frame a body", ["Content-Length:  5", "Content-Type: text/plain"]],
    ["what announces trailers", ["Trailer: x-sum"]],
  ] as const
) {
  Deno.test(`forwarded head: of a plain request the backend sees ${what} byte for byte`, () => {
    assertEquals(forward([...start, ...kept]), [...start, ...kept, ...OWN]);
    assertEquals(forward([start[0]!, ...kept, "HOST:a.test "]), [
      start[0]!,
      ...kept,
      "HOST:a.test ",
      ...OWN,
    ]);
  });
}

const HOP = ["Keep-Alive", "Proxy-Connection", "TE", "HTTP2-Settings", "Proxy-Authorization"];

for (const name of [...HOP, "Proxy-Authenticate", "Upgrade", "Connection"]) {
  Deno.test(`forwarded head: ${name} stays behind wherever it stands`, () => {
    const line = `${name}: x`;
    const rest = ["X-A: 1", "X-B: 2"];
    const expected = [...start, ...rest, ...OWN];
    assertEquals(forward([start[0]!, line, start[1]!, ...rest]), expected);
    assertEquals(forward([...start, ...rest, line]), expected);
    assertEquals(forward([...start, "X-A: 1", line.toUpperCase(), "X-B: 2"]), expected);
  });
}

Deno.test("forwarded head: what Connection names stays behind, before and after it", () => {
  const request = [...start, "X-A: 1", "x-b: 2", "Connection: close, X-B ,x-c,host", "X-C: 3"];
  assertEquals(forward([...request, "X-D: 4"]), [...start, "X-A: 1", "X-D: 4", ...OWN]);
  assertEquals(forward([...start, "Trailer: x", "Connection: trailer"]), [...start, ...OWN]);
});

Deno.test("forwarded head: our own lines follow the host, and each request has an id", () => {
  const own = new ProxyLines(CLIENT, false);
  const ids = new Set<string>();
  const hosts = ["a.test", "a.test", "a.tesu", "a.tes", "b.tes", "a.test", "A.TEST"];
  for (const host of hosts) {
    const { text } = write(lines("GET / HTTP/1.1", `Host: ${host}`), { own });
    const [id = "no id"] = REQUEST_ID.exec(text) ?? [];
    ids.add(id);
    const expected = OWN.map((line) => line.replace("a.test", host).replace("ID", id.slice(14)));
    assertEquals(text, lines("GET / HTTP/1.1", `Host: ${host}`, ...expected));
  }
  assertEquals(ids.size, hosts.length);
});

Deno.test("forwarded head: a Host that is none changes nothing for the request after it", () => {
  const own = new ProxyLines(CLIENT, false);
  forward(start, { own });
  assertThrows(() => forward(["GET / HTTP/1.1", "Host: a/b"], { own }), Malformed);
  assertEquals(forward(start, { own }), [...start, ...OWN]);
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
  Deno.test(`forwarded head: ${target} goes as ${expected} to a backend at "${prefix}"`, () => {
    const method = target === "*" ? "OPTIONS" : "GET";
    const host = target.toLowerCase().startsWith("http") ? "host: a.test" : "Host: a.test";
    const request = [`${method} ${target} HTTP/1.1`, "Host: a.test"];
    const seen = [`${method} ${expected} HTTP/1.1`, host, ...OWN];
    assertEquals(forward(request, { prefix }), seen);
  });
}

Deno.test("forwarded head: an absolute target's authority replaces Host, and is told", () => {
  const request = ["GET http://x.test:8/v HTTP/1.1", "X-A: 1", "Host: a.test", "X-B: 2"];
  const own = OWN.map((line) => line.replace("a.test", "x.test:8"));
  const expected = ["GET /v HTTP/1.1", "host: x.test:8", "X-A: 1", "X-B: 2", ...own];
  assertEquals(forward(request), expected);
  for (const [text, path, authority] of [[request, "/v", "x.test:8"], [start]] as const) {
    const { forwarded } = write(lines(...text));
    assertEquals([forwarded.path, forwarded.authority], [path, authority]);
  }
});

Deno.test("forwarded head: HTTP/1.0 becomes 1.1, and Via tells what it was", () => {
  const own = OWN.map((line) => line.replace("1.1", "1.0"));
  for (const prefix of ["", "/base"]) {
    assertEquals(
      forward(["GET /v HTTP/1.0", "Host: a.test", "Expect: 100-continue"], { prefix }),
      [`GET ${prefix}/v HTTP/1.1`, "Host: a.test", ...own],
    );
  }
});

Deno.test("forwarded head: HTTP/1.0 without Host gets the backend's, and names none", () => {
  const own = OWN.map((line) => line.replace("1.1", "1.0"))
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

Deno.test("forwarded head: X-Forwarded-* of an untrusted peer are replaced, any name", () => {
  const request = [...start, ...FORWARDED_LINES, "X-A: 1", ...OTHERS, LONG, "X-Forwarded-: x"];
  assertEquals(forward(request), [...start, "X-A: 1", ...OWN]);
});

Deno.test("forwarded head: X-Forwarded-* of a trusted peer are kept, and For grows", () => {
  const request = [...start, ...FORWARDED_LINES, "X-A: 1", ...OTHERS, LONG];
  assertEquals(forward(request, { trusted: true }), [
    ...start,
    "X-A: 1",
    ...OTHERS,
    LONG,
    `x-forwarded-for: 9.9.9.9, 8.8.8.8 , 7.7.7.7, ${CLIENT}`,
    ...OWN.slice(3),
  ]);
  assertEquals(forward(start, { trusted: true }), [...start, ...OWN]);
});

Deno.test("forwarded head: each of our lines gives way to what a trusted peer said on its own", () => {
  const line = `x-forwarded-for: 9.9.9.9, ${CLIENT}`;
  const withFor = OWN.map((own) => own.startsWith("x-forwarded-for") ? line : own);
  const without = (name: string) => OWN.filter((own) => !own.startsWith(name));
  for (
    const [sent, kept, own] of [
      ["X-Forwarded-For:\t9.9.9.9 ", [], withFor],
      ["X-Forwarded-For: ", [], OWN],
      ["X-Forwarded-Proto: https", ["X-Forwarded-Proto: https"], without("x-forwarded-proto")],
      ["X-Forwarded-Host:", ["X-Forwarded-Host:"], without("x-forwarded-host")],
      ["X-Forwarded-Port: 1", ["X-Forwarded-Port: 1"], OWN],
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
    ["Max-Forwards is one less", ["MAX-Forwards:\t10 "], ["max-forwards: 9"], ""],
    ["Max-Forwards of 0 stays as it came", ["Max-Forwards:  0"], ["Max-Forwards:  0"], ""],
    ["Via of no value adds none", ["Via: \t", "Via:"], [], "via: 1.1 roundabout"],
    ["X-Request-Id is kept", ["X-Request-ID:mine"], ["X-Request-ID:mine"], "x-request-id"],
    ["Expect goes on", ["Expect:100-Continue"], ["Expect:100-Continue"], ""],
    ["a repeated length goes once", ["Content-Length:5", "content-length:05"], LENGTH, ""],
  ] as const
) {
  Deno.test(`forwarded head: ${what}, its neighbours as they came`, () => {
    const request = [...start, "X-A:1", ...sent, "X-B:2"];
    const name = ours.split(":")[0]!;
    const own = OWN.filter((line) => name === "" || !line.startsWith(name));
    if (ours.includes(":")) own.splice(3, 0, ours);
    const changed = kept.filter((line) => line.startsWith("max"));
    const rest = kept.filter((line) => !line.startsWith("max"));
    assertEquals(forward(request), [...start, "X-A:1", ...rest, "X-B:2", ...changed, ...own]);
  });
}

Deno.test("forwarded head: chunks, and what to upgrade to, are told by lines of ours", () => {
  const request = [...start, "Transfer-Encoding: Chunked", "Connection: upgrade", "Upgrade: x"];
  const ours = ["connection: upgrade", "upgrade: x", "transfer-encoding: chunked"];
  assertEquals(forward(request, { upgrade: "x" }), [...start, ...ours, ...OWN]);
  assertEquals(forward(request), [...start, ours[2]!, ...OWN]);
});

const bad = ["", ":80", "a b", "a/b", "user@a.test", "a:b", "a:655360", "é", "[::1", "a,b@c", "%"];

for (const host of [...bad, "a".repeat(513)]) {
  const shown = host.length > 20 ? "one of 513 bytes" : `"${host}"`;

  Deno.test(`forwarded head: ${shown} is no host, in Host or in a target`, () => {
    for (const rest of [["1.1", "X-A: 1"], ["1.1", "Via: x"], ["1.0", "Connection: x-a"]]) {
      const request = [`GET / HTTP/${rest[0]}`, `Host: ${host}`, rest[1]!];
      const { reason, status } = assertThrows(() => forward(request), Malformed);
      assertEquals([reason, status], ["Host must be one host and an optional port", 400]);
    }
    const both = ["GET http://a.test/ HTTP/1.1", `Host: ${host}`];
    assertThrows(() => forward(both), Malformed, "Host must be one host");
    if (/[ é/]/.test(host)) return; // these end an authority, or stand in no target
    const absolute = [`GET http://${host}/ HTTP/1.1`, "Host: a.test"];
    assertThrows(() => forward(absolute), Malformed, "the target must be a path, or an http URL");
  });
}

for (const target of ["a.test:80", "a.test/v", "ftp://a.test/", "http:/a.test/", "http:", "**"]) {
  Deno.test(`forwarded head: the target ${target} is not forwarded`, () => {
    assertThrows(() => forward([`GET ${target} HTTP/1.1`, "Host: a.test"]), Malformed, "target");
  });
}

Deno.test("forwarded head: the longest host is forwarded, in Host and in a target", () => {
  const host = "a".repeat(512);
  assertMatch(write(lines("GET / HTTP/1.1", `Host: ${host}`)).text, /^x-forwarded-host: a{512}\r/m);
  assertMatch(write(lines(`GET http://${host} HTTP/1.1`, "Host: a")).text, /^host: a{512}\r/m);
});
