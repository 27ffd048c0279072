/** Clients of the admin port that send what is no request, or keep it busy. */
import { assert, assertEquals } from "@std/assert";
import { startTestAdmin } from "../support/admin_port.ts";
import { Dialogue, exchange } from "../support/raw_client.ts";

const TOKEN = "0123456789abcdef-all";
const AUTHORIZED = `Authorization: Bearer ${TOKEN}`;
const RELOAD = "POST /api/reload HTTP/1.1";
const STATUS = "GET /api/status HTTP/1.1";
const HOST = "Host: localhost:5001";

/** The bytes of a request. */
const head = (...lines: string[]) => [...lines, "", ""].join("\r\n");

Deno.test("admin attacks: HTTP/0.9 and bytes that are no HTTP are answered 400 and closed", async () => {
  using api = startTestAdmin();
  for (const bytes of ["GET /livez\r\n", "\x16\x03\x01\x02\x00\x01\x00", "\0".repeat(100)]) {
    assertEquals(await api.statusesFor(bytes), [400], JSON.stringify(bytes));
  }
  assertEquals(api.errors, []);
});

Deno.test("admin attacks: a second request on the same connection is not answered", async () => {
  using api = startTestAdmin({ token: TOKEN });
  const first = head("GET /livez HTTP/1.1", HOST);
  const second = head(RELOAD, HOST, AUTHORIZED);
  assertEquals(await api.statusesFor(first + second), [200]);
  const hidden = head("POST /livez HTTP/1.1", HOST, `Content-Length: ${second.length}`) + second;
  assertEquals(await api.statusesFor(hidden), [405]);
  assertEquals(api.control.asked, []);
});

Deno.test("admin attacks: a body that never ends, and one that was not announced, occupy nothing for long", async () => {
  using api = startTestAdmin({ lifetime: 200 });
  using client = await Dialogue.open(api.port);
  await client.send(head(RELOAD, HOST, "Content-Length: 10") + "{");
  assertEquals(await client.rest(), "");
  const flood = head("GET /livez HTTP/1.1", HOST) + "x".repeat(200_000);
  assertEquals((await exchange(api.port, flood)).map(({ status }) => status), [200]);
  assertEquals(api.control.asked, []);
});

Deno.test("admin attacks: a client that reads a large answer slowly is cut off", async () => {
  using api = startTestAdmin({ lifetime: 200 });
  const url = "http://backend.example/".padEnd(20_000_000, "x");
  api.control.set("http://users-1:5000", { url });
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: api.port });
  await connection.write(new TextEncoder().encode(head(STATUS, HOST)));
  const bytes = new Uint8Array(64 * 1024);
  let received = 0;
  const readOn = () =>
    connection.read(bytes).catch((error) => {
      if (error instanceof Deno.errors.ConnectionReset) return null;
      throw error;
    });
  for (let size; (size = await readOn()) !== null;) {
    received += size;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert(received < url.length, `${received}`);
  assertEquals(api.errors, []);
});
