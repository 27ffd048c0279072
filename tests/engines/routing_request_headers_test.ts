/** Routes that change the header lines and the Host of a request: what reaches the backend. */
import { assertEquals, assertMatch } from "@std/assert";
import { type Configured, forEachConfiguredEngine } from "../support/configured.ts";
import { request } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { pause } from "../support/timing.ts";

const get = (...lines: string[]) =>
  ["GET /p/x?q HTTP/1.1", "Host: a.test", ...lines, "", ""].join("\r\n");

/** The route to the only pool, with these changes. */
const changing = (backend: ScriptedBackend, requestHeaders: unknown, others = {}) => ({
  pools: { a: { backends: [backend.url] } },
  trustedProxies: ["127.0.0.2"],
  routes: [{ name: "main", pool: "a", requestHeaders, ...others }],
});

/** The lines of the last request whose names fit, and no others. */
function linesOf({ requests }: ScriptedBackend, pattern: RegExp) {
  return requests.at(-1)!.fields.filter(([name]) => pattern.test(name));
}

async function send({ port }: Configured, text: string): Promise<void> {
  assertEquals((await request(port, text)).status, 200, text);
}

/** Resolves once the access log has a request with this id: its line follows the response. */
async function untilLogged({ entries }: Configured, id: string): Promise<void> {
  while (!entries.some(({ requestId }) => requestId === id)) await pause(2);
}

forEachConfiguredEngine(({ engine, start, test }) => {
  test("request headers: set replaces all lines of a name, and every spelling that means the same", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start(changing(backend, { set: { "X-User": "edge" } }));
    for (
      const lines of [
        [],
        ["X-User: root"],
        ["x-user: root", "X-USER: admin"],
        ["X_User: root", "x.user: root", "X-User: root"],
        ["Connection: x-user", "X-User: root"],
        ["Connection: keep-alive, X-User"],
      ]
    ) {
      await send(balancer, get(...lines));
      assertEquals(linesOf(backend, /^x.user$/), [["x-user", "edge"]], lines.join());
    }
  });

  test("request headers: add leaves the client's lines, remove takes them all away", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start(
      changing(backend, { add: { "X-Tag": "edge" }, remove: ["X-Debug", "Cookie"] }),
    );
    const lines = ["X-Tag: one", "X-Debug: 1", "x_debug: 2", "Cookie: a=b", "X-Tag: two"];
    await send(balancer, get(...lines, "Accept: text/html"));
    assertEquals(linesOf(backend, /tag|debug|cookie/), [
      ["x-tag", "one"],
      ["x-tag", "two"],
      ["x-tag", "edge"],
    ]);
    assertEquals(linesOf(backend, /^accept$/), [["accept", "text/html"]]);
  });

  test("request headers: all other lines reach the backend as they were, and in order", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start(changing(backend, { set: { "X-User": "edge" } }));
    const lines = ["B: 2", "b: 3", "A: 1", "X-User: root", "C:  spaced  out ", "D: \xe4\xf6"];
    await send(balancer, get(...lines));
    assertEquals(linesOf(backend, /^[a-d]$/), [
      ["b", "2"],
      ["b", "3"],
      ["a", "1"],
      ["c", "spaced  out"],
      ["d", "\xe4\xf6"],
    ]);
    assertEquals(backend.ambiguous, []);
  });

  test("request headers: what Connection names is removed, the lines of the proxy stay", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start(changing(backend, { add: { "X-Tag": "edge" } }));
    await send(
      balancer,
      get(
        "Connection: x-hop, close, x-tag, via",
        "X-Hop: 1",
        "X-Tag: one",
        "X-Forwarded-For: 9.9.9.9",
      ),
    );
    assertEquals(linesOf(backend, /hop|tag|^x-forwarded|connection/), [
      ["x-forwarded-for", "127.0.0.1"],
      ["x-forwarded-proto", "http"],
      ["x-forwarded-host", "a.test"],
      ["x-tag", "edge"],
    ]);
    assertEquals(linesOf(backend, /^via$/), [["via", "1.1 roundabout"]]);
  });

  test("request headers: placeholders are filled in, and the id is the one that is sent and logged", async () => {
    await using backend = new ScriptedBackend("a");
    const set = {
      "X-All": "{client}|{host}|{method}|{path}|{route}|{user}|",
      "X-Id": "<{request_id}>",
    };
    await using balancer = await start(changing(backend, { set }));
    for (const id of [undefined, "mine-1"]) {
      await send(balancer, get(...(id === undefined ? [] : [`X-Request-Id: ${id}`])));
      assertEquals(linesOf(backend, /^x-all$/), [["x-all", "127.0.0.1|a.test|GET|/p/x|main||"]]);
      const [[, sent] = []] = linesOf(backend, /^x-request-id$/);
      assertMatch(sent!, id === undefined ? /^[0-9a-f-]{36}$/ : /^mine-1$/);
      assertEquals(linesOf(backend, /^x-id$/), [["x-id", `<${sent}>`]]);
      await untilLogged(balancer, sent!);
    }
  });

  test("request headers: every attempt has the same id in them", async () => {
    await using first = new ScriptedBackend("first", "close");
    await using second = new ScriptedBackend("second");
    await using balancer = await start({
      pools: { a: { backends: [first.url, second.url] } },
      routes: [{ pool: "a", requestHeaders: { set: { "X-Id": "{request_id}" } } }],
    });
    await send(balancer, get());
    const ids = [first, second].flatMap((backend) => linesOf(backend, /^x-(request-)?id$/));
    assertEquals([ids.length, new Set(ids.map(([, value]) => value)).size], [4, 1]);
  });

  test("request headers: nothing that a client sends can begin a line or leave visible ASCII", async () => {
    await using backend = new ScriptedBackend("a");
    const set = { "X-Path": "[{path}]", "X-Id": "[{request_id}]", "X-Client": "[{client}]" };
    await using balancer = await start({
      ...changing(backend, { set }),
      trustedProxies: ["127.0.0.0/8"],
    });
    for (
      const [target, ...lines] of [
        ["/%0d%0aX-Evil:%201"],
        ["/a%00b"],
        ["/{client}{request_id}"],
        ["/x", "X-Request-Id: \xe4\xf6\x80"],
        ["/x", "X-Forwarded-For: \xff\xfe, bad \x80 hop"],
        ["/x", "X-Forwarded-For: {path}"],
      ]
    ) {
      const text = `GET ${target} HTTP/1.1\r\nHost: a.test\r\n${
        lines.map((line) => `${line}\r\n`).join("")
      }\r\n`;
      await send(balancer, text);
      const values = linesOf(backend, /^x-(path|id|client)$/);
      assertEquals(values.length, 3);
      for (const [, value] of values) assertMatch(value, /^\[[\x21-\x7e ]*\]$/);
      assertEquals(values[0], ["x-path", `[${target}]`]);
      assertEquals(linesOf(backend, /evil/), []);
    }
    assertEquals(backend.ambiguous, []);
  });

  test("request headers: a line of the proxy's own can be removed, as the operator says", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start(
      changing(backend, { remove: ["X-Forwarded-Host"], set: { "X-Forwarded-Proto": "https" } }),
    );
    await send(balancer, get());
    assertEquals(linesOf(backend, /^x-forwarded/), [
      ["x-forwarded-for", "127.0.0.1"],
      ["x-forwarded-proto", "https"],
    ]);
  });

  test("request headers: rewriteHost changes Host for the backend, X-Forwarded-Host keeps the client's", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start(changing(backend, {}, { rewriteHost: "users.internal" }));
    for (
      const [text, host] of [
        [get(), "a.test"],
        ["GET http://b.test:81/x HTTP/1.1\r\nHost: a.test\r\n\r\n", "b.test:81"],
        ["POST /x HTTP/1.1\r\nHost: A.test:80\r\nContent-Length: 2\r\n\r\nhi", "A.test:80"],
      ] as const
    ) {
      await send(balancer, text);
      assertEquals(linesOf(backend, /host$/), [
        ["host", "users.internal"],
        ["x-forwarded-host", host],
      ]);
    }
  });

  test("request headers: rewriteHost can be an IPv6 address and a port", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start(changing(backend, {}, { rewriteHost: "[::1]:8080" }));
    await send(balancer, get());
    assertEquals(linesOf(backend, /^host$/), [["host", "[::1]:8080"]]);
  });

  test("request headers: without rewriteHost the backend gets the client's Host", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start(changing(backend, { set: { "X-User": "edge" } }));
    await send(balancer, "GET / HTTP/1.1\r\nHost: A.test:8080\r\n\r\n");
    assertEquals(linesOf(backend, /^host$/), [["host", "A.test:8080"]]);
  });

  if (engine === "tcp") {
    test("request headers: a request of HTTP/1.0 is changed as well, with Host and without", async () => {
      await using backend = new ScriptedBackend("a");
      await using balancer = await start(
        changing(backend, { set: { "X-User": "edge" } }, { rewriteHost: "users.internal" }),
      );
      await send(balancer, "GET / HTTP/1.0\r\nX-User: root\r\n\r\n");
      assertEquals(linesOf(backend, /^host|user|forwarded-host/), [
        ["host", "users.internal"],
        ["x-user", "edge"],
      ]);
      await send(balancer, "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n");
      assertEquals(linesOf(backend, /^host|forwarded-host/), [
        ["host", "users.internal"],
        ["x-forwarded-host", "a.test"],
      ]);
    });
  }
});
