import { assertEquals, assertRejects } from "@std/assert";
import {
  BackendConnection,
  HEADROOM_BYTES,
} from "../../../../lib/engines/tcp/backend/connection.ts";
import type { ConnectionPool } from "../../../../lib/engines/tcp/backend/connection_pool.ts";
import { receiveFirstPiece } from "../../../../lib/engines/tcp/exchange/first_piece.ts";
import { TcpResponse } from "../../../../lib/engines/tcp/exchange/response.ts";
import { bytesOf, textOf } from "../../../../lib/engines/tcp/http1/bytes.ts";
import { Malformed } from "../../../../lib/engines/tcp/http1/malformed.ts";
import { chooseFraming } from "../../../../lib/engines/tcp/http1/response_framing.ts";
import { Wheel } from "../../../../lib/time/timer_wheel.ts";

const LENGTH = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const TO_END = "HTTP/1.1 200 OK\r\n\r\n";

/** Longer than any test takes. */
const LONG_MS = 60_000;

/** Whether the rest of a response stays away, breaks off by a FIN, or by a reset. */
type Ending = "silence" | "end" | "reset";

/** A response whose pieces arrive one by one; the head is the first. */
async function receive(pieces: readonly string[], ending: Ending = "silence", bufferBytes = 4096) {
  const coming = [...pieces];
  let reads = 0;
  const silence = Promise.withResolvers<number | null>();
  const socket = {
    read(into: Uint8Array) {
      reads++;
      const piece = coming.shift();
      if (piece !== undefined) {
        into.set(bytesOf(piece));
        return Promise.resolve(piece.length);
      }
      if (ending === "silence") return silence.promise;
      if (ending === "end") return Promise.resolve(null);
      return Promise.reject(new Deno.errors.ConnectionReset("reset"));
    },
    close: () => {},
  } as unknown as Deno.Conn;
  const buffer = new Uint8Array(bufferBytes);
  const connection = new BackendConnection(socket, buffer, new Wheel(0), 100, () => {});
  connection.begin();
  connection.filled += (await connection.receive())!;
  connection.head.scan(connection.buffer, connection.filled);
  const framing = chooseFraming(connection.head, "GET", 1);
  const response = new TcpResponse(connection, {} as ConnectionPool, framing);
  return { response, connection, silence, readsSoFar: () => reads };
}

/** What can be sent of the body. */
const bodyOf = ({ connection, ready }: TcpResponse) =>
  textOf(connection.buffer, connection.head.end, ready);

for (
  const [what, pieces, body, whole] of [
    ["a piece of a known length", [LENGTH, "he"], "he", false],
    ["all of a known length", [LENGTH, "hello"], "hello", true],
    ["a known length and more", [LENGTH, "hello!"], "hello", true],
    ["a chunk", [CHUNKED, "5\r\nhello\r\n"], "5\r\nhello\r\n", false],
    ["a chunk, byte by byte", [CHUNKED, "5", " ", "\r", "\n", "h"], "5\r\nh", false],
    ["chunks to the end", [CHUNKED, "1 ;a\r\nx\r\n", "0\r\n\r\n"], "1\r\nx\r\n", false],
    ["no chunk but the last", [CHUNKED, "0\r\n\r\n"], "0\r\n\r\n", true],
    ["a body without a length", [TO_END, "he"], "he", false],
  ] as const
) {
  Deno.test(`first piece: ${what} is waited for, and nothing after it`, async () => {
    const { response } = await receive(pieces);
    assertEquals(response.begun, false);
    assertEquals(await receiveFirstPiece(response, LONG_MS), undefined);
    assertEquals([bodyOf(response), response.whole, response.begun], [body, whole, true]);
  });
}

for (
  const [what, pieces, ending, failure] of [
    ["a known length", [LENGTH], "end", "connection_terminated"],
    ["chunks", [CHUNKED], "end", "connection_terminated"],
    ["half a chunk's size", [CHUNKED, "5"], "end", "connection_terminated"],
    ["no length", [TO_END], "end", undefined],
  ] as const
) {
  Deno.test(`first piece: a connection that ends where ${what} should come is ${failure ?? "an empty body"}`, async () => {
    const { response } = await receive(pieces, ending);
    assertEquals((await receiveFirstPiece(response, LONG_MS))?.failure, failure);
  });
}

Deno.test("first piece: a reset, and what is not valid, are thrown", async () => {
  for (const head of [LENGTH, CHUNKED, TO_END]) {
    const { response } = await receive([head], "reset");
    await assertRejects(() => receiveFirstPiece(response, LONG_MS), Deno.errors.ConnectionReset);
  }
  for (const pieces of [["zz"], ["5", "x"], ["5 ", "5"], ["\r"]]) {
    const { response } = await receive([CHUNKED, ...pieces]);
    await assertRejects(() => receiveFirstPiece(response, LONG_MS), Malformed);
  }
});

Deno.test("first piece: after a moment without one the head is not held up, and the read under way is kept", async () => {
  const { response, connection, silence, readsSoFar } = await receive([CHUNKED, "5"]);
  assertEquals(await receiveFirstPiece(response), undefined);
  assertEquals([bodyOf(response), response.whole, response.begun], ["5", false, false]);
  assertEquals([readsSoFar(), connection.isReadingAhead], [3, true]);
  const next = connection.receive();
  assertEquals([readsSoFar(), connection.isReadingAhead], [3, false]);
  silence.resolve(7);
  assertEquals(await next, 7);
});

Deno.test("first piece: nothing is waited for if the head has filled the buffer", async () => {
  const { response, readsSoFar } = await receive([LENGTH], "end", HEADROOM_BYTES + LENGTH.length);
  assertEquals(await receiveFirstPiece(response, LONG_MS), undefined);
  assertEquals(readsSoFar(), 1);
});
