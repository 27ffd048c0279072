/** What a relay of messages cannot carry, as docs/engines.md says it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { balance } from "../../support/balancer.ts";
import { AUTHORITY, certificateFor } from "../../support/certificates.ts";
import { Dialogue } from "../../support/raw_client.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";
import { SecureBackend } from "../../support/secure_backend.ts";
import {
  closing,
  handshake,
  OPCODES,
  openRaw,
  served,
  SocketBackend,
  switching,
  whole,
} from "../../support/websocket.ts";

Deno.test("web WebSocket: of a refusal only the status passes, and the reply says that it is the balancer's", async () => {
  for (const [status, sent] of [[200, 502], [302, 502], [429, 429]] as const) {
    const reply = `HTTP/1.1 ${status} x\r\nContent-Length: 2\r\nLocation: /x\r\n\r\nno`;
    await using backend = new ScriptedBackend("a", { reply });
    await using balancer = balance([backend.url]);
    using client = await Dialogue.open(balancer.port);
    await client.send(handshake());
    const response = await client.response();
    assertEquals([response.status, response.field("location")], [sent, undefined]);
    assertEquals(
      response.field("proxy-status"),
      `roundabout; error=http_upgrade_failed; received-status=${status}`,
    );
    assertEquals(balancer.changes, []);
  }
});

Deno.test("web WebSocket: of a refusal over TLS nothing is known, and nobody is blamed", async () => {
  await using backend = await SecureBackend.start(await certificateFor(["127.0.0.1"]));
  const backendTls = { ca: AUTHORITY.cert, verify: true };
  await using balancer = balance([backend.url], { backendTls });
  using client = await Dialogue.open(balancer.port);
  await client.send(handshake());
  assertEquals((await client.response()).status, 502);
  assertEquals([backend.requests.length, balancer.changes], [1, []]);
});

Deno.test("web WebSocket: extensions are offered to no backend, and one that takes some is refused without blame", async () => {
  await using plain = new SocketBackend();
  await using taking = new ScriptedBackend("a", {
    reply: switching("Sec-WebSocket-Extensions: permessage-deflate"),
  });
  for (const [backend, head] of [[plain, 101], [taking, 502]] as const) {
    await using balancer = balance([backend.url]);
    const { client, head: received } = await openRaw(
      balancer.port,
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    );
    client[Symbol.dispose]();
    assertMatch(received, new RegExp(`^HTTP/1.1 ${head} `));
    assertEquals(/sec-websocket-extensions/i.test(received), false);
    assertEquals(balancer.changes, []);
  }
  assertEquals(plain.requests[0]!.headers.get("sec-websocket-extensions"), null);
});

Deno.test("web WebSocket: a backend that chooses a subprotocol that was not asked for is refused without blame", async () => {
  await using backend = new ScriptedBackend("a", {
    reply: switching("Sec-WebSocket-Protocol: other"),
  });
  await using balancer = balance([backend.url]);
  const { client, head } = await openRaw(balancer.port, "Sec-WebSocket-Protocol: one");
  client[Symbol.dispose]();
  assertMatch(head, /^HTTP\/1\.1 502 /);
  assertEquals(balancer.changes, []);
});

Deno.test("web WebSocket: the backend sees Deno's User-Agent, and no other", async () => {
  await using backend = new SocketBackend();
  await using balancer = balance([backend.url]);
  const { client } = await openRaw(balancer.port, "User-Agent: own/1");
  client[Symbol.dispose]();
  assertMatch(backend.requests[0]!.headers.get("user-agent")!, /^Deno\/[\d.]+$/);
});

for (const code of [1001, 1002, 1003, 1007, 1009, 1011, 1012]) {
  Deno.test(`web WebSocket: the code ${code} of a client is no code for the backend`, async () => {
    await using backend = new SocketBackend();
    await using balancer = balance([backend.url]);
    const { client } = await openRaw(balancer.port);
    await client.send(whole(OPCODES.close, closing(code, "why")));
    assertEquals(await client.rest(), served(OPCODES.close, closing(code, "why")));
    client[Symbol.dispose]();
    assertEquals((await backend.sockets[0]!.closed).code, 1005);
  });
}

for (const code of [0, 999, 1004, 1005, 1006, 1015, 5000]) {
  Deno.test(`web WebSocket: a client that closes with ${code} breaks the protocol`, async () => {
    await using backend = new SocketBackend();
    await using balancer = balance([backend.url]);
    const { client } = await openRaw(balancer.port);
    await client.send(whole(OPCODES.close, closing(code)));
    const answer = await client.rest();
    client[Symbol.dispose]();
    assertEquals((await backend.sockets[0]!.closed).code, 1005);
    assert(answer === "" || answer === served(OPCODES.close, closing(1002)), answer);
  });
}

Deno.test("web WebSocket: it is asked for with any blanks, case and company", async () => {
  await using backend = new SocketBackend();
  await using balancer = balance([backend.url]);
  for (
    const [connection, upgrade] of [
      ["upgrade", "WebSocket"],
      ["keep-alive,UPGRADE", "h2c,websocket"],
      ["keep-alive ,\tUpgrade", "websocket, h2c"],
    ] as const
  ) {
    const client = await Dialogue.open(balancer.port);
    const text = handshake().replace("keep-alive, Upgrade", connection)
      .replace("Upgrade: websocket", `Upgrade: ${upgrade}`);
    await client.send(text);
    assertMatch(await client.until("\r\n\r\n"), /^HTTP\/1\.1 101 /, connection);
    client[Symbol.dispose]();
  }
  assertEquals(balancer.warnings, []);
});
