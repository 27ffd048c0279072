/** The admin port over TLS: what a client can do before its request. */
import { assertEquals, assertRejects } from "@std/assert";
import type { TlsSettings } from "../../lib/engines/engine.ts";
import { Wheel } from "../../lib/time/timer_wheel.ts";
import { startTestAdmin } from "../support/admin_port.ts";
import { certificateFor, connectSecurely, LOCALHOST_TLS, served } from "../support/certificates.ts";
import { Dialogue, exchange, requestOver } from "../support/raw_client.ts";

const GET = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";

const statusOf = async (connection: Promise<Deno.Conn>) =>
  (await requestOver(await connection, GET)).status;

Deno.test("admin over TLS: a client that speaks HTTP without TLS is told so", async () => {
  using api = startTestAdmin({ isSecure: true });
  const [response] = await exchange(api.port, GET);
  assertEquals(response!.status, 400);
  assertEquals(
    new TextDecoder().decode(response!.body),
    "Bad Request: this port needs TLS: use https\n",
  );
  assertEquals(api.errors, []);
});

Deno.test("admin over TLS: three hundred silent clients do not keep a health check from its answer, and end after a while", async () => {
  using api = startTestAdmin({ isSecure: true, lifetime: 300 });
  const clients: Dialogue[] = [];
  for (let i = 0; i < 300; i++) clients.push(await Dialogue.open(api.port));
  assertEquals(await statusOf(api.connect()), 200);
  await Promise.all(clients.map((client) => client.rest()));
  for (const client of clients) client[Symbol.dispose]();
  assertEquals(api.errors, []);
});

Deno.test("admin over TLS: a client that is silent after its handshake, or leaves in the middle of a request, occupies nothing for long", async () => {
  using api = startTestAdmin({ isSecure: true, lifetime: 200 });
  using silent = new Dialogue(await connectSecurely(api.port));
  const leaving = await connectSecurely(api.port);
  await leaving.write(new TextEncoder().encode("GET /livez"));
  leaving.close();
  await silent.rest().catch((error) => {
    if (!(error instanceof Deno.errors.UnexpectedEof)) throw error; // it is cut off, as without TLS
  });
  assertEquals(await statusOf(api.connect()), 200);
  assertEquals(api.errors, []);
});

Deno.test("admin over TLS: a certificate that a reload changes is shown to the next client, and a wrong name is not accepted", async () => {
  let settings: TlsSettings = LOCALHOST_TLS;
  using api = startTestAdmin({ tls: { wheel: new Wheel(0), settings: () => settings } });
  assertEquals(await statusOf(connectSecurely(api.port)), 200);
  const names = ["edge.example"];
  settings = { certificates: [served(await certificateFor(names), names)], minVersion: "1.2" };
  await assertRejects(() => connectSecurely(api.port), Deno.errors.InvalidData);
  assertEquals(await statusOf(connectSecurely(api.port, "edge.example")), 200);
  assertEquals(api.errors, []);
});

Deno.test("admin over TLS: handshakes that are under way end with the port", async () => {
  const api = startTestAdmin({ isSecure: true });
  using client = await Dialogue.open(api.port);
  assertEquals(await statusOf(api.connect()), 200); // so the one before has been accepted
  api[Symbol.dispose]();
  assertEquals(await client.rest(), "");
  assertEquals(api.errors, []);
});
