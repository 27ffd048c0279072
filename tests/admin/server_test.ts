import { assertEquals } from "@std/assert";
import { serveAdmin } from "../../lib/admin/server.ts";
import { request } from "../support/raw_client.ts";

/** An admin port whose state the test sets. */
function startTestAdmin() {
  const state: { unreadiness?: string; fault?: string } = {};
  const errors: unknown[] = [];
  const listening = serveAdmin({
    hostname: "127.0.0.1",
    port: 0,
    fault: () => state.fault,
    unreadiness: () => state.unreadiness,
    onError: (error) => errors.push(error),
    onWarning: (warning) => errors.push(warning),
  });
  const url = `http://127.0.0.1:${listening.address.port}`;
  return {
    url,
    state,
    errors,
    async ask(path: string, init?: RequestInit) {
      const response = await fetch(url + path, init);
      return [response.status, await response.text(), response.headers.get("cache-control")];
    },
    [Symbol.asyncDispose]: () => listening.shutdown(),
  };
}

Deno.test("admin: /readyz is 200 while it is ready, and 503 with the reason while it is not", async () => {
  await using api = startTestAdmin();
  assertEquals(await api.ask("/readyz"), [200, "ready\n", "no-store"]);
  api.state.unreadiness = "draining";
  assertEquals(await api.ask("/readyz"), [503, "not ready: draining\n", "no-store"]);
  assertEquals(await api.ask("/readyz?verbose"), [503, "not ready: draining\n", "no-store"]);
});

Deno.test("admin: /livez is 200 whether it is ready or not", async () => {
  await using api = startTestAdmin();
  api.state.unreadiness = "no backend is usable";
  assertEquals(await api.ask("/livez"), [200, "alive\n", "no-store"]);
});

Deno.test("admin: /livez is 503 if only a restart would help", async () => {
  await using api = startTestAdmin();
  api.state.fault = "worker 2 hangs";
  assertEquals(await api.ask("/livez"), [503, "not well: worker 2 hangs\n", "no-store"]);
});

Deno.test("admin: a Host that is not valid is answered 400, even if it would change the path", async () => {
  await using api = startTestAdmin();
  const ask = async (host: string) => {
    const { port } = new URL(api.url);
    const text = `GET /livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    return (await request(Number(port), text)).status;
  };
  assertEquals([await ask("evil/readyz?"), await ask("a b"), await ask("a")], [400, 400, 200]);
  assertEquals(api.errors, []);
});

for (
  const [method, path, status] of [
    ["HEAD", "/readyz", 200],
    ["POST", "/readyz", 405],
    ["GET", "/", 404],
    ["GET", "/readyz/", 404],
    ["DELETE", "/livez", 405],
  ] as const
) {
  Deno.test(`admin: ${method} ${path} is answered ${status}`, async () => {
    await using api = startTestAdmin();
    assertEquals((await api.ask(path, { method }))[0], status);
    assertEquals(api.errors, []);
  });
}
