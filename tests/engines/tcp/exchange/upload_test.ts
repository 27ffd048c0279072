import { assert, assertEquals } from "@std/assert";
import { BackendConnection } from "../../../../lib/engines/tcp/backend/connection.ts";
import { Buffers } from "../../../../lib/net/buffers.ts";
import { bytesOf, textOf } from "../../../../lib/engines/tcp/http1/bytes.ts";
import { RequestHead } from "../../../../lib/engines/tcp/http1/request_head.ts";
import { Upload } from "../../../../lib/engines/tcp/exchange/upload.ts";
import { Wheel } from "../../../../lib/time/timer_wheel.ts";

/** A connection whose writes complete when the test calls `done`. */
function backend() {
  const writes: { readonly text: string; readonly done: () => void }[] = [];
  const socket = {
    read: () => new Promise<null>(() => {}),
    write: (bytes: Uint8Array) =>
      new Promise<number>((resolve) =>
        writes.push({ text: textOf(bytes), done: () => resolve(bytes.length) })
      ),
    close: () => {},
  } as unknown as Deno.Conn;
  const connection = new BackendConnection(
    socket,
    new Uint8Array(256),
    new Wheel(0),
    100,
    () => {},
  );
  connection.begin();
  return { connection, writes };
}

/** A client that sends one of these pieces per read. */
function client(pieces: string[]) {
  const unread: string[] = [];
  return {
    unread: (bytes: Uint8Array) => void unread.push(textOf(bytes)),
    awaitBackend: () => {},
    receiveBody(bytes: Uint8Array): Promise<number> {
      const piece = pieces.shift() ?? "";
      bytes.set(bytesOf(piece));
      return Promise.resolve(piece.length);
    },
    returned: unread,
  };
}

function headOf(line: string): RequestHead {
  const head = new RequestHead();
  const bytes = bytesOf(`PUT / HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`);
  assert(head.scan(bytes, bytes.length));
  return head;
}

const TIMEOUTS = { idle: 1_000, firstByte: 1_000 };

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("upload: a body counts as sent on a connection only after its last byte was written there", async () => {
  const upload = new Upload(
    client(["cd"]),
    new Buffers(64, 1),
    headOf("Content-Length: 4"),
    bytesOf("ab"),
  );
  const { connection, writes } = backend();
  const sending = upload.sendTo(connection, TIMEOUTS);
  writes[0]!.done();
  await settle();
  assertEquals([upload.complete, upload.wasSentOn(connection)], [true, false]);
  writes[1]!.done();
  await sending;
  assertEquals([upload.wasSentOn(connection), upload.wasSentOn(backend().connection)], [
    true,
    false,
  ]);
});

Deno.test("upload: the buffer is not given back while a write still reads from it", async () => {
  const buffers = new Buffers(64, 1);
  const upload = new Upload(client(["cd"]), buffers, headOf("Content-Length: 4"), bytesOf("ab"));
  const { connection, writes } = backend();
  const sending = upload.sendTo(connection, TIMEOUTS);
  upload.close();
  buffers.borrow().fill(0x78);
  assertEquals(writes[0]!.text, "ab");
  writes[0]!.done();
  await sending;
  const other = new Upload(client([]), buffers, headOf("Content-Length: 3"), bytesOf("abc"));
  const next = backend();
  const whole = other.sendTo(next.connection, TIMEOUTS);
  next.writes[0]!.done();
  await whole;
  other.close();
  assertEquals(textOf(buffers.borrow(), 0, 3), "abc"); // this buffer was given back
});

Deno.test("upload: another attempt sends the body from its first byte, and the previous one sends no more", async () => {
  const upload = new Upload(
    client(["cd"]),
    new Buffers(64, 1),
    headOf("Content-Length: 4"),
    bytesOf("ab"),
  );
  const [a, b] = [backend(), backend()];
  const first = upload.sendTo(a.connection, TIMEOUTS);
  a.connection.close();
  const second = upload.sendTo(b.connection, TIMEOUTS);
  a.writes[0]!.done();
  await first;
  b.writes[0]!.done();
  await settle();
  b.writes[1]!.done();
  await second;
  assertEquals([a.writes.map(({ text }) => text), b.writes.map(({ text }) => text)], [["ab"], [
    "ab",
    "cd",
  ]]);
  assertEquals([upload.spent, upload.wasSentOn(b.connection)], [false, true]);
});

Deno.test("upload: a body larger than the buffer can be sent only once", async () => {
  const pieces = ["b".repeat(60), "c".repeat(4), "d".repeat(32)];
  const upload = new Upload(
    client(pieces),
    new Buffers(64, 1),
    headOf("Content-Length: 96"),
    bytesOf(""),
  );
  const { connection, writes } = backend();
  const sending = upload.sendTo(connection, TIMEOUTS);
  for (let i = 0; i < 3; i++) {
    await settle();
    assertEquals(upload.spent, i === 2);
    writes[i]!.done();
  }
  await sending;
  assertEquals(
    writes.map(({ text }) => text).join(""),
    "b".repeat(60) + "c".repeat(4) + "d".repeat(32),
  );
});

Deno.test("upload: if the client breaks off, the backend connection is ended, so that a part is not taken for the whole", async () => {
  const upload = new Upload(
    client([]),
    new Buffers(64, 1),
    headOf("Content-Length: 4"),
    bytesOf("ab"),
  );
  const { connection, writes } = backend();
  const sending = upload.sendTo(connection, TIMEOUTS);
  writes[0]!.done();
  await sending;
  assertEquals([connection.closed, connection.closeReason?.failure], [true, "http_request_error"]);
});

Deno.test("upload: bytes after a chunked body are given back to the client's connection", () => {
  const source = client([]);
  const first = bytesOf("2\r\nab\r\n0\r\n\r\nGET / HTTP/1.1\r\n");
  const upload = new Upload(
    source,
    new Buffers(64, 1),
    headOf("Transfer-Encoding: chunked"),
    first,
  );
  assertEquals([upload.complete, source.returned], [true, ["GET / HTTP/1.1\r\n"]]);
});
