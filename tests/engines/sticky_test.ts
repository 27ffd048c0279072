import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { TCP_SCHEME } from "../support/balancer.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { exchange } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

/** Sends one request. @returns the backend that answered, and the cookies that were set */
async function ask(url: string, cookie?: string, init: RequestInit = {}) {
  const headers = { ...init.headers, ...(cookie !== undefined && { cookie }) };
  const response = await fetch(url, { ...init, headers });
  return { by: await response.text(), set: response.headers.getSetCookie() };
}

const sentBack = (setCookie: string | undefined) => setCookie!.split(";")[0]!;

forEachEngine(({ engine, balance, test }) => {
  const isOverTls = engine === "tcp" && TCP_SCHEME === "https";

  test("sticky: a client with the cookie keeps its backend, others take turns", async () => {
    await using a = new ScriptedBackend("a");
    await using b = new ScriptedBackend("b");
    await using balancer = balance([a.url, b.url], { stickyCookie: "lb" });
    const first = await ask(balancer.url);
    assertEquals(first.by, "a");
    const secure = isOverTls ? "; Secure" : "";
    assertMatch(
      first.set[0]!,
      new RegExp(`^lb=[\\w-]{22}; Path=/; HttpOnly; SameSite=Lax${secure}$`),
    );
    const cookie = sentBack(first.set[0]);
    for (let i = 0; i < 5; i++) {
      assertEquals(await ask(balancer.url, `theme=dark; ${cookie}`), { by: "a", set: [] });
    }
    assertEquals((await ask(balancer.url)).by, "b");
    const post = await ask(balancer.url, cookie, { method: "POST", body: "x" });
    assertEquals(post, { by: "a", set: [] });
  });

  test("sticky: the backend gets all cookies unchanged", async () => {
    await using a = new ScriptedBackend("a");
    await using balancer = balance([a.url], { stickyCookie: "lb" });
    await ask(balancer.url, 'theme=dark; lb=unknown; q="a b"');
    const fields = a.requests[0]!.fields.filter(([name]) => name.toLowerCase() === "cookie");
    assertEquals(fields.map(([, value]) => value), ['theme=dark; lb=unknown; q="a b"']);
  });

  test("sticky: the backend's own cookies come before the balancer's, unchanged", async () => {
    const own = "Set-Cookie: session=1; Path=/app\r\nSet-Cookie: theme=\r\n";
    const reply = `HTTP/1.1 200 OK\r\n${own}Content-Length: 2\r\n\r\nok`;
    await using a = new ScriptedBackend("a", { reply });
    await using balancer = balance([a.url], { stickyCookie: "lb" });
    const { set } = await ask(balancer.url);
    assertEquals(set.slice(0, 2), ["session=1; Path=/app", "theme="]);
    assertMatch(set[2]!, /^lb=/);
    assertEquals(set.length, 3);
  });

  test("sticky: a client whose backend is gone gets another one, one new cookie, and stays there", async () => {
    await using a = new ScriptedBackend("a");
    await using b = new ScriptedBackend("b");
    await using balancer = balance([a.url, b.url], { stickyCookie: "lb" });
    const before = sentBack((await ask(balancer.url)).set[0]);
    a.kill();
    const moved = await ask(balancer.url, before);
    assertEquals(moved.by, "b");
    const after = sentBack(moved.set[0]);
    assertNotEquals(after, before);
    for (let i = 0; i < 3; i++) {
      assertEquals(await ask(balancer.url, after), { by: "b", set: [] });
    }
  });

  test("sticky: local replies set no cookie", async () => {
    await using a = new ScriptedBackend("a", "close");
    await using balancer = balance([a.url], { stickyCookie: "lb" });
    assertEquals((await ask(balancer.url)).set, []);
  });

  test("sticky: behind a trusted proxy that speaks TLS the cookie is secure", async () => {
    await using a = new ScriptedBackend("a");
    const isTrusted = () => true;
    await using balancer = balance([a.url], { stickyCookie: "lb", isTrusted });
    const headers = { "x-forwarded-proto": "https" };
    assertMatch((await ask(balancer.url, undefined, { headers })).set[0]!, /; Secure$/);
    assertEquals((await ask(balancer.url)).set[0]!.includes("Secure"), isOverTls);
  });

  for (
    const [what, reply] of [
      ["is chunked", "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"],
      ["is long", `Content-Length: 100000\r\n\r\n${"x".repeat(100_000)}`],
      ["has no body", "Content-Length: 0\r\n\r\n"],
    ] as const
  ) {
    test(`sticky: a response that ${what} has the cookie, too`, async () => {
      await using a = new ScriptedBackend("a", { reply: `HTTP/1.1 200 OK\r\n${reply}` });
      await using balancer = balance([a.url], { stickyCookie: "lb".repeat(32) });
      const { set, by } = await ask(balancer.url);
      assertMatch(set[0]!, /^(?:lb){32}=/);
      assertEquals(by.length, { "is chunked": 2, "is long": 100_000, "has no body": 0 }[what]);
    });
  }

  test("sticky: cookies in several lines are one list", async () => {
    await using a = new ScriptedBackend("a");
    await using b = new ScriptedBackend("b");
    await using balancer = balance([a.url, b.url], { stickyCookie: "lb" });
    const cookie = sentBack((await ask(balancer.url)).set[0]);
    const lines = `Cookie: theme=dark\r\nCookie: ${cookie}\r\nCookie: q=1\r\n`;
    const head = `GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n${lines}\r\n`;
    for (let i = 0; i < 3; i++) {
      const [response] = await exchange(balancer.port, head);
      assertEquals(new TextDecoder().decode(response!.body), "a", engine);
      assertEquals(response!.field("set-cookie"), undefined);
    }
  });
});
