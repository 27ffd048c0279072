import { assert, assertEquals } from "@std/assert";
import { startTestAdmin } from "../support/admin_port.ts";
import { Dialogue, exchange, request } from "../support/raw_client.ts";

/** The status of `/livez` for a Host. */
async function statusFor(port: number, host: string | undefined) {
  const [version, line] = host === undefined ? ["1.0", ""] : ["1.1", `Host: ${host}\r\n`];
  return (await request(port, `GET /livez HTTP/${version}\r\n${line}\r\n`)).status;
}

Deno.test("admin: /readyz is 200 while it is ready, and 503 with the reason while it is not", async () => {
  using api = startTestAdmin();
  assertEquals(await api.ask("/readyz"), [200, "ready\n", "no-store"]);
  api.state.unreadiness = "draining";
  assertEquals(await api.ask("/readyz"), [503, "not ready: draining\n", "no-store"]);
  assertEquals(await api.ask("/readyz?verbose"), [503, "not ready: draining\n", "no-store"]);
});

Deno.test("admin: /livez is 200 whether it is ready or not", async () => {
  using api = startTestAdmin();
  api.state.unreadiness = "no backend is usable";
  assertEquals(await api.ask("/livez"), [200, "alive\n", "no-store"]);
});

Deno.test("admin: /livez is 503 if only a restart would help", async () => {
  using api = startTestAdmin();
  api.state.fault = "worker 2 hangs";
  assertEquals(await api.ask("/livez"), [503, "not well: worker 2 hangs\n", "no-store"]);
});

for (
  const [host, onLoopback, beyond] of [
    ["localhost", 200, 200],
    ["LOCALHOST:5001", 200, 200],
    ["127.0.0.1:9", 200, 200],
    ["[::1]:5001", 200, 200],
    [undefined, 200, 200],
    ["10.1.2.3:5001", 403, 200],
    ["rebound.example", 403, 200],
    ["localhost.example", 403, 200],
    ["evil/readyz?", 400, 400],
    ["a b", 400, 400],
    ["localhost\r\nHost: localhost", 400, 400],
  ] as const
) {
  Deno.test(`admin: Host: ${host?.replace("\r\n", "; ") ?? "(none)"} is answered ${onLoopback} on loopback, ${beyond} beyond`, async () => {
    using local = startTestAdmin();
    using open = startTestAdmin({ hostname: "0.0.0.0" });
    assertEquals([await statusFor(local.port, host), await statusFor(open.port, host)], [
      onLoopback,
      beyond,
    ]);
    assertEquals([...local.errors, ...open.errors], []);
  });
}

Deno.test("admin: on loopback, ADMIN_HOST may be named as well", async () => {
  using api = startTestAdmin({ hostname: "127.0.0.3" });
  using connection = await Deno.connect({ hostname: "127.0.0.3", port: api.port });
  await connection.write(
    new TextEncoder().encode("GET /livez HTTP/1.1\r\nHost: 127.0.0.3\r\n\r\n"),
  );
  const bytes = new Uint8Array(1_000);
  const size = await connection.read(bytes);
  assertEquals(new TextDecoder().decode(bytes.subarray(0, size!)).slice(0, 12), "HTTP/1.1 200");
});

Deno.test("admin: an absolute target and HTTP/1.0 are understood, other bytes are answered 400, and other versions 505", async () => {
  using api = startTestAdmin();
  const statusOf = async (line: string) => (await request(api.port, `${line}\r\n\r\n`)).status;
  assertEquals(await statusOf("GET http://localhost/livez HTTP/1.0"), 200);
  assertEquals(await statusOf("\x16\x03\x01"), 400);
  assertEquals(await statusOf("PRI * HTTP/2.0"), 505);
});

Deno.test("admin: three hundred half-sent heads do not keep a health check from its answer, and end after a while", async () => {
  using api = startTestAdmin({ lifetime: 300 });
  const clients: Dialogue[] = [];
  for (let i = 0; i < 300; i++) {
    const client = await Dialogue.open(api.port);
    clients.push(client);
    await client.send("GET /livez HTTP/1.1\r\nHo").catch(() => {}); // it may be closed already
  }
  assertEquals((await api.ask("/livez"))[0], 200);
  await Promise.all(clients.map((client) => client.rest()));
  for (const client of clients) client[Symbol.dispose]();
  assertEquals(api.errors, []);
});

Deno.test("admin: a client that sends byte by byte, and one that sends a body, do not last", async () => {
  using api = startTestAdmin({ lifetime: 300 });
  using slow = await Dialogue.open(api.port);
  using large = await Dialogue.open(api.port);
  await large.send("POST /api/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{");
  const until = performance.now() + 5_000;
  let open = true;
  slow.rest().then(() => open = false);
  while (open && performance.now() < until) {
    await slow.send("x").catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert(!open);
  assertEquals(await large.rest(), "");
});

Deno.test("admin: a head larger than 8 KiB is answered 431, and not read to its end", async () => {
  using api = startTestAdmin();
  const head = `GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(9_000)}\r\n\r\n`;
  assertEquals(await api.statusesFor(head), [431]);
});

for (
  const [what, head] of [
    ["bytes", `GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(9_000)}\r\n\r\n`],
    ["bytes of a target", `GET /${"x".repeat(9_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
    ["lines", `GET /livez HTTP/1.1\r\nHost: localhost\r\n${"X: y\r\n".repeat(100)}\r\n`],
  ] as const
) {
  Deno.test(`admin: a head with too many ${what} is told the limits of this port, not settings of listeners`, async () => {
    using api = startTestAdmin();
    const [response] = await exchange(api.port, head);
    assertEquals(response!.status, 431);
    assertEquals(JSON.parse(new TextDecoder().decode(response!.body)), {
      error: "a head must have at most 8 KiB and 100 lines",
    });
  });
}

Deno.test("admin: a fault of its own is reported, and answered 500", async () => {
  const error = new Error("broken");
  using api = startTestAdmin({
    fault() {
      throw error;
    },
  });
  assertEquals((await api.ask("/livez"))[0], 500);
  assertEquals(api.errors, [error]);
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
    using api = startTestAdmin();
    assertEquals((await api.ask(path, { method }))[0], status);
    assertEquals(api.errors, []);
  });
}
