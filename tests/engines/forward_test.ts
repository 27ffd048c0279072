import { assert, assertEquals, assertMatch } from "@std/assert";
import { TCP_SCHEME } from "../support/balancer.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { forwardedBy, get, reply, values } from "../support/forwarded.ts";
import { bytesOf } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

forEachEngine(({ engine, balance, test }) => {
  const forwarded = forwardedBy(balance);

  for (
    const path of [
      "/",
      "//",
      "//a//b/",
      "/a?",
      "/a??b=?",
      "/a;p=1;q='x'",
      "/a?b=1&&c=;d",
      "/%2F%41%zz%",
      "/a?x=/../y&z=./",
      "/.../..a/a../.a",
      "/~user/(a)!$&*+,=:@",
      "/[a]?[b]=|\\^",
      "/x?q=http://b.test/../",
    ]
  ) {
    test(`forward: the target ${path} reaches the backend unchanged`, async () => {
      const { seen } = await forwarded(get(path));
      assertEquals(seen.target, path);
    });
  }

  test("forward: the path of a backend's URL is put before the path of the request", async () => {
    const { seen } = await forwarded(get("//x?y"), { prefix: "/base" });
    assertEquals(seen.target, "/base//x?y");
  });

  test("forward: Host is kept, and X-Forwarded-*, Via and X-Request-Id are added", async () => {
    const { seen } = await forwarded(
      get("/", "X-Forwarded-For: 9.9.9.9", "X-Forwarded-Proto: gopher"),
    );
    assertEquals(values(seen, "host"), ["a.test"]);
    assertEquals(values(seen, "x-forwarded-for"), ["127.0.0.1"]);
    assertEquals(values(seen, "x-forwarded-proto"), [engine === "tcp" ? TCP_SCHEME : "http"]);
    assertEquals(values(seen, "x-forwarded-host"), ["a.test"]);
    assertEquals(values(seen, "via"), ["1.1 roundabout"]);
    assertMatch(values(seen, "x-request-id")[0]!, /^[0-9a-f-]{36}$/);
  });

  test("forward: a trusted peer's forwarding fields are kept and appended to", async () => {
    const lines = ["X-Forwarded-For: 9.9.9.9", "X-Forwarded-Proto: https", "Via: 1.0 edge"];
    const { seen } = await forwarded(get("/", ...lines), { trusted: true });
    assertEquals(values(seen, "x-forwarded-for"), ["9.9.9.9, 127.0.0.1"]);
    assertEquals(values(seen, "x-forwarded-proto"), ["https"]);
    assertEquals(values(seen, "via"), ["1.0 edge, 1.1 roundabout"]);
  });

  test("forward: what says where a request came from reaches the backend only from trusted peers, however it is spelt", async () => {
    const names = ["forwarded", "x-real-ip", "x-original-url", "x-rewrite-url", "x_forwarded_for"];
    names.push("x-forwarded_proto", "x_real-ip", "x-forwarded-ssl");
    const request = get("/", ...names.map((name) => `${name}: 6.6.6.6`));
    const { seen: untrusted } = await forwarded(request);
    assertEquals(names.flatMap((name) => values(untrusted, name)), []);
    const { seen: trusted } = await forwarded(request, { trusted: true });
    assertEquals(names.map((name) => values(trusted, name)), names.map(() => ["6.6.6.6"]));
  });

  test("forward: hop-by-hop fields and those that Connection names are not forwarded", async () => {
    const { seen } = await forwarded(get(
      "/",
      "Connection: X-Private, Upgrade, HTTP2-Settings, Keep-Alive",
      "X-Private: 1",
      "Keep-Alive: timeout=5",
      "Proxy-Connection: keep-alive",
      "Upgrade: h2c",
      "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
      "TE: trailers",
      "X-Kept: 1",
    ));
    const names = new Set(seen.fields.map(([name]) => name));

    for (
      const name of ["x-private", "keep-alive", "proxy-connection", "upgrade", "http2-settings"]
    ) {
      assert(!names.has(name), name);
    }
    assert(!names.has("te") && !names.has("connection"));
    assertEquals(values(seen, "x-kept"), ["1"]);
  });

  test("forward: lines of one name stay apart, in order, bytes above ASCII included", async () => {
    const { seen } = await forwarded(
      get("/", "X-D: 1", "X-E: 5", "X-d: 2", "X-D:", "X-D: 3", "X-L: \xff\xfe"),
    );
    assertEquals(values(seen, "x-d"), ["1", "2", "", "3"]);
    assertEquals(values(seen, "x-l"), ["\xff\xfe"]);
  });

  test("forward: an absolute-form target's authority replaces Host", async () => {
    const { seen } = await forwarded("GET http://b.test:81/v?x=1 HTTP/1.1\r\nHost: a.test\r\n\r\n");
    assertEquals([seen.target, values(seen, "host")], ["/v?x=1", ["b.test:81"]]);
  });

  test("forward: Max-Forwards is decremented, and at 0 OPTIONS is answered here", async () => {
    const options = (hops: number) =>
      `OPTIONS /x HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: ${hops}\r\n\r\n`;
    assertEquals(values((await forwarded(options(7))).seen, "max-forwards"), ["6"]);
    const { response, backend } = await forwarded(options(0));
    assertEquals([response.status, backend.requests.length], [204, 0]);
    assertMatch(response.field("allow")!, /OPTIONS/);
  });

  for (
    const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "patch", "M-SEARCH"]
  ) {
    test(`forward: ${method} is forwarded with its body and Content-Length`, async () => {
      const { seen } = await forwarded(
        `${method} /v HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello`,
      );
      assertEquals(seen.method, method);
      assertEquals(new TextDecoder().decode(seen.body), "hello");
      assertEquals(values(seen, "content-length"), ["5"]);
    });

    test(`forward: ${method} without a body announces none`, async () => {
      const { seen } = await forwarded(`${method} /v HTTP/1.1\r\nHost: a.test\r\n\r\n`);
      assertEquals([seen.body.length, values(seen, "transfer-encoding")], [0, []]);
    });
  }

  test("forward: a chunked body stays chunked", async () => {
    const { seen } = await forwarded(
      "POST /v HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n" +
        "3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n",
    );
    assertEquals(new TextDecoder().decode(seen.body), "abcde");
    assertEquals(values(seen, "transfer-encoding"), ["chunked"]);
  });

  for (const coding of ["gzip", "br", "zstd"]) {
    test(`forward: a ${coding} body passes byte for byte, with its length and ETag`, async () => {
      const body = "\x1f\x8b\x00not really compressed\xff";
      const head = `200 OK\r\nContent-Encoding: ${coding}\r\nETag: "x"\r\nContent-Length: 25`;
      assertEquals(body.length, 25);
      const { response } = await forwarded(get("/", "Accept-Encoding: gzip, br, zstd"), {
        behaviour: reply(head, body),
      });
      assertEquals(response.body, bytesOf(body));
      assertEquals(response.field("content-encoding"), coding);
      assertEquals(response.field("content-length"), "25");
      assertEquals(response.field("etag"), '"x"');
    });
  }

  test("forward: a compressed range passes byte for byte, Accept-Encoding as sent", async () => {
    const { seen, response } = await forwarded(
      get("/", "Range: bytes=0-1", "Accept-Encoding: gzip"),
      {
        behaviour: reply(
          "206 Partial Content\r\nContent-Encoding: gzip\r\nContent-Length: 2",
          "\x1f\x8b",
        ),
      },
    );
    assertEquals(values(seen, "accept-encoding"), ["gzip"]);
    assertEquals(response.body, bytesOf("\x1f\x8b"));
  });

  test("forward: of two Accept-Encoding lines, neither makes fetch decode", async () => {
    const lines = ["Accept-Encoding: gzip", "Accept-Encoding: identity"];
    const { response } = await forwarded(get("/", ...lines), {
      behaviour: reply("200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3", "raw"),
    });
    assertEquals(response.body, bytesOf("raw"));
  });

  test("forward: response lines of one name stay apart, hop-by-hop ones are dropped", async () => {
    const { response } = await forwarded(get("/"), {
      behaviour: reply(
        "200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nWarning: 1\r\nWarning: 2\r\n" +
          "Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 0",
      ),
    });
    const all = (name: string) => response.fields.filter(([n]) => n === name).map(([, v]) => v);
    assertEquals(all("set-cookie"), ["a=1", "b=2"]);
    assertEquals(all("warning"), ["1", "2"]);
    assertEquals([all("x-hop"), all("keep-alive"), all("via")], [[], [], []]);
  });

  for (
    const [head, body] of [
      ["201 Created\r\nLocation: /x\r\nContent-Length: 2", "ok"],
      ["204 No Content", ""],
      ["206 Partial Content\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2", "ok"],
      ["301 Moved\r\nLocation: http://elsewhere.test/\r\nContent-Length: 0", ""],
      ['304 Not Modified\r\nETag: "x"', ""],
      ["418 I'm a teapot\r\nContent-Length: 2", "ok"],
      ["450 Odd\r\nContent-Length: 2", "ok"],
      ["500 Broken\r\nContent-Length: 2", "ok"],
      ["599 Odd\r\nContent-Length: 2", "ok"],
      ["103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2", "ok"],
    ] as const
  ) {
    test(`forward: the response ${head.replaceAll("\r\n", " | ")} is passed on`, async () => {
      const { response } = await forwarded(get("/"), { behaviour: reply(head, body) });
      const final = head.split("\r\n\r\nHTTP/1.1 ").at(-1)!;
      assertEquals(response.status, Number(final.slice(0, 3)));
      assertEquals(new TextDecoder().decode(response.body), body);

      for (const line of final.split("\r\n").slice(1)) {
        const [name = "", value = ""] = line.split(": ");
        assertEquals(response.field(name.toLowerCase()), value);
      }
    });
  }

  for (const status of ["101 Switching Protocols", "199 Odd"]) {
    test(`forward: the response ${status} is replaced with 502, as no client could use it`, async () => {
      const { response } = await forwarded(get("/"), {
        behaviour: { replyAndClose: `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n` },
      });
      assertEquals(response.status, 502);
      assertMatch(response.field("proxy-status")!, /^roundabout; error=/);
    });
  }

  test("forward: the response to HEAD announces a known length, and none for a chunked body", async () => {
    const head = "HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n";
    const known = await forwarded(head, { behaviour: reply("200 OK\r\nContent-Length: 42") });
    assertEquals(known.response.field("content-length"), "42");
    const chunked = await forwarded(head, {
      behaviour: reply("200 OK\r\nTransfer-Encoding: chunked"),
    });
    assertEquals(chunked.response.field("content-length"), undefined);
  });

  test("forward: a response that the backend cuts short reaches the client cut short, not made complete", async () => {
    await using backend = new ScriptedBackend("users-1", {
      replyAndClose: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    });
    await using balancer = balance([backend.url]);
    const response = await fetch(balancer.url);
    const body = await response.text().then(() => "complete", () => "cut short");
    assertEquals(body, "cut short");
  });
});
