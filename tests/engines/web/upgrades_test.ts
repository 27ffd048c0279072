import { assertEquals } from "@std/assert";
import { UPGRADE_WARNING } from "../../../lib/engines/web/upgrade_warning.ts";
import { balance } from "../../support/balancer.ts";
import { request } from "../../support/raw_client.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";

const head = (line: string, ...fields: string[]) =>
  [line, "Host: a.test", ...fields, "", ""].join("\r\n");

const ECHO = ["Connection: keep-alive, Upgrade", "Upgrade: echo"];
const WEBSOCKET = ["Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x"];
const H2C = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"];

for (
  const [what, upgrade] of [["another protocol", ECHO], ["a broken WebSocket", WEBSOCKET]] as const
) {
  Deno.test(`web upgrades: a client that asks for ${what} gets what the backend answers to a plain request, and the operator is told once`, async () => {
    const reply =
      "HTTP/1.1 426 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nno";
    await using backend = new ScriptedBackend("a", { reply });
    await using balancer = balance([backend.url]);
    for (let i = 0; i < 3; i++) {
      const response = await request(balancer.port, head("GET /chat HTTP/1.1", ...upgrade));
      assertEquals([response.status, response.field("upgrade")], [426, "websocket"]);
    }
    const names = backend.requests[0]!.fields.map(([name]) => name.toLowerCase());
    assertEquals(["upgrade", "connection"].filter((name) => names.includes(name)), []);
    assertEquals(balancer.warnings, [UPGRADE_WARNING]);
  });
}

Deno.test("web upgrades: an offer of h2c without a body is ignored, without a warning", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  const response = await request(balancer.port, head("GET / HTTP/1.1", ...H2C));
  assertEquals([response.status, response.field("upgrade")], [200, undefined]);
  assertEquals(balancer.warnings, []);
});

for (
  const [what, line, body] of [
    ["Content-Length: 0", "GET / HTTP/1.1", ["Content-Length: 0"]],
    ["a body", "POST / HTTP/1.1", ["Content-Length: 5"]],
    ["chunks", "POST / HTTP/1.1", ["Transfer-Encoding: chunked"]],
  ] as const
) {
  Deno.test(`web upgrades: Deno.serve itself answers 400 to an Upgrade with ${what}`, async () => {
    // docs/engines.md says so. If this fails, Deno has fixed it, and the warning covers these, too.
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url]);
    for (const upgrade of [H2C, WEBSOCKET]) {
      const response = await request(balancer.port, head(line, ...body, ...upgrade));
      assertEquals([response.status, response.field("proxy-status")], [400, undefined]);
    }
    assertEquals([backend.requests.length, balancer.warnings.length], [0, 0]);
  });
}
