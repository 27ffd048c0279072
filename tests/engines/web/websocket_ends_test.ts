/** How WebSockets of the web engine end: clients that leave, a stop, and sides that take nothing. */
import { assert, assertEquals } from "@std/assert";
import { MAX_WAITING_BYTES } from "../../../lib/engines/web/websocket/relay.ts";
import { balance } from "../../support/balancer.ts";
import { Dialogue } from "../../support/raw_client.ts";
import { RawBackend } from "../../support/raw_backend.ts";
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
