/** Frames of clients, byte by byte, that the web engine's relay takes or refuses. */
import { assertEquals } from "@std/assert";
import { balance } from "../../support/balancer.ts";
import {
  closing,
  frame,
  OPCODES,
  openRaw,
  served,
  SocketBackend,
  whole,
} from "../../support/websocket.ts";

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
