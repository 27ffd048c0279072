/** What a relay of messages cannot carry, as docs/engines.md says it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { MAX_WAITING_BYTES } from "../../../lib/engines/web/websocket/relay.ts";
import { balance } from "../../support/balancer.ts";
import { AUTHORITY, certificateFor } from "../../support/certificates.ts";
import { bytesOf, Dialogue } from "../../support/raw_client.ts";
import { RawBackend } from "../../support/raw_backend.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";
import { SecureBackend } from "../../support/secure_backend.ts";
import {
  closing,
  frame,
  handshake,
  OPCODES,
  openRaw,
  served,
  SocketBackend,
  whole,
} from "../../support/websocket.ts";

const switching = (...lines: string[]) =>
  bytesOf(
    "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      [...lines, "", ""].join("\r\n"),
  );

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

for (
  const [what, bytes] of [
    ["a text that is no UTF-8", whole(OPCODES.text, "\xff\xfe")],
    ["a reserved opcode", whole(3, "x")],
    ["a reserved bit", frame(0xc1, "x")],
    ["a continuation of nothing", whole(OPCODES.more, "x")],
    ["a fragmented ping", frame(OPCODES.ping, "x")],
    ["a close frame of one byte", whole(OPCODES.close, "x")],
    ["a close reason that is no UTF-8", whole(OPCODES.close, closing(1000, "\xff"))],
    ["a new message inside another", join(frame(OPCODES.text, "a"), whole(OPCODES.text, "b"))],
    ["a ping of 126 bytes", frame126(0x80 | OPCODES.ping)],
    ["half a code point at the end of a text", whole(OPCODES.text, "\xe2\x9c")],
    ["a message of 64 MiB", frameOf64MiB(0x80 | OPCODES.binary)],
  ] as const
) {
  Deno.test(`web WebSocket: a client that sends ${what} is closed, its backend's socket, too, and nobody is blamed`, async () => {
    await using backend = new SocketBackend();
    await using balancer = balance([backend.url]);
    const { client } = await openRaw(balancer.port);
    await client.send(bytes);
    await client.rest();
    client[Symbol.dispose]();
    await backend.sockets[0]!.closed;
    assertEquals([balancer.changes, balancer.errors], [[], []]);
  });
}

function join(...parts: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** A masked frame of 126 zeros. */
function frame126(first: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 + 126);
  bytes.set([first, 0xfe, 0, 126]);
  return bytes;
}

/** The head of a frame that announces 64 MiB. */
function frameOf64MiB(first: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array([first, 0xff, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]);
}

Deno.test("web WebSocket: a code point may be split between fragments", async () => {
  await using backend = new SocketBackend();
  await using balancer = balance([backend.url]);
  const { client } = await openRaw(balancer.port);
  await client.send(frame(OPCODES.text, "\xe2"));
  await client.send(frame(OPCODES.more, "\x9c"));
  await client.send(whole(OPCODES.more, "\x93"));
  await client.until(served(OPCODES.text, "\xe2\x9c\x93"));
  client[Symbol.dispose]();
  await backend.sockets[0]!.closed;
});

Deno.test("web WebSocket: what follows a close frame is ignored", async () => {
  await using backend = new SocketBackend();
  await using balancer = balance([backend.url]);
  const { client } = await openRaw(balancer.port);
  const reason = "r".repeat(123);
  await client.send(
    join(whole(OPCODES.close, closing(4001, reason)), whole(OPCODES.text, "late")),
  );
  assertEquals(await client.rest(), served(OPCODES.close, closing(4001, reason)));
  client[Symbol.dispose]();
  assertEquals(await backend.sockets[0]!.closed, { code: 4001, reason });
});

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

Deno.test("web WebSocket: fragments arrive as one message, and a ping between them is answered here", async () => {
  await using backend = new SocketBackend();
  await using balancer = balance([backend.url]);
  const { client } = await openRaw(balancer.port);
  await client.send(frame(OPCODES.text, "one "));
  await client.send(whole(OPCODES.ping, "ping"));
  await client.until(served(OPCODES.pong, "ping"));
  await client.send(frame(OPCODES.more, "two "));
  await client.send(whole(OPCODES.more, "three"));
  await client.until(served(OPCODES.text, "one two three"));
  client[Symbol.dispose]();
  await backend.sockets[0]!.closed;
});

Deno.test("web WebSocket: a client that leaves just before its 101 ends the backend's at once", async () => {
  const asked = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    asked.resolve();
    await mayAnswer.promise;
    try {
      await side.send(switching());
      await side.readBytes(); // a close frame, or the end
    } finally {
      ended.resolve();
    }
  });
  await using balancer = balance([backend.url], { tunnelIdleTimeout: 1_000 });
  const client = await Dialogue.open(balancer.port);
  await client.send(handshake());
  await asked.promise;
  client[Symbol.dispose]();
  mayAnswer.resolve();
  await ended.promise;
  assertEquals(balancer.entries.map(({ status, broken }) => [status, broken]), [
    [499, "the client left"],
  ]);
});

Deno.test("web WebSocket: a stop waits for one that a backend has not opened yet", async () => {
  const asked = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    asked.resolve();
    await mayAnswer.promise;
    await side.send(switching());
    await side.send(served(OPCODES.text, "hello"));
    while (await side.readBytes() !== null);
  });
  const balancer = balance([backend.url]);
  const client = await Dialogue.open(balancer.port);
  await client.send(handshake());
  await asked.promise;
  const draining = balancer.engine.drain(5_000, 0);
  await new Promise((resolve) => setTimeout(resolve, 50)); // Deno.serve would be shut down by now
  mayAnswer.resolve();
  await client.until(served(OPCODES.text, "hello"));
  await client.send(whole(OPCODES.close, closing(1000)));
  assertEquals(await client.rest(), served(OPCODES.close, closing(1000)));
  client[Symbol.dispose]();
  assertEquals([await draining, balancer.errors], [0, []]);
});

Deno.test("web WebSocket: a client that takes nothing of many messages is closed, and so is the backend's socket", async () => {
  const piece = new Uint8Array(256 * 1024);
  let isClosed = false;
  await using backend = new SocketBackend(({ socket }) => {
    const send = () => {
      isClosed = socket.readyState !== WebSocket.OPEN;
      if (isClosed) return;
      if (socket.bufferedAmount < 4 * piece.length) socket.send(piece);
      setTimeout(send, 0);
    };
    send();
  });
  await using balancer = balance([backend.url]);
  const { client } = await openRaw(balancer.port);
  await backend.sockets[0]!.closed;
  client[Symbol.dispose]();
  const { bytes, broken } = balancer.entries[0]!;
  assertEquals(broken, "the client took messages too slowly");
  assert(bytes > MAX_WAITING_BYTES && bytes < 2 * MAX_WAITING_BYTES, String(bytes));
  while (!isClosed) await new Promise((resolve) => setTimeout(resolve, 1));
});

Deno.test("web WebSocket: a backend that takes nothing of many messages is given up, and the client is told to try later", async () => {
  const over = Promise.withResolvers<void>();
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await side.send(switching());
    await over.promise;
  });
  await using balancer = balance([backend.url]);
  const { client } = await openRaw(balancer.port);
  // 256 KiB of binary data, masked with zeros.
  const piece = new Uint8Array(14 + 256 * 1024);
  piece.set([0x82, 0xff, 0, 0, 0, 0, 0, 4]);
  let isTold = false;
  const told = client.until(
    served(OPCODES.close, closing(1013, "the backend took messages too slowly")),
  ).then(() => isTold = true);
  while (!isTold) {
    await client.send(piece);
    await new Promise((resolve) => setTimeout(resolve, 0)); // for what has arrived
  }
  await told;
  client[Symbol.dispose]();
  over.resolve();
});
