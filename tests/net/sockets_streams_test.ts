/** What both kinds of sockets must do, as the tcp engine needs it: to read and to write. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers/promises";
import type { Bytes } from "../../lib/net/connection.ts";
import type { SocketConnection } from "../../lib/net/sockets.ts";
import { writeAll } from "../../lib/net/write_all.ts";
import {
  failureOf,
  forBothSockets,
  type Pair,
  readAll,
  readExactly,
  testEachWay,
} from "../support/both_sockets.ts";
import { seeded } from "../support/random.ts";

const { errors } = Deno;

const bytesOf = (text: string): Bytes => new TextEncoder().encode(text);
const textOf = (bytes: Bytes): string => new TextDecoder().decode(bytes);

/** More than the buffers of both ends of a connection hold. */
const MORE_THAN_FITS = patterned(12 * 1024 * 1024, 1);

const [THERE, BACK] = [patterned(10_000_000, 3), patterned(10_000_000, 5)] as const;

forBothSockets((kind) => {
  const test = (name: string, run: (pair: Pair) => Promise<void>) => testEachWay(kind, name, run);

  test("a read has what has arrived already, or waits for what arrives next", async ({ tested, peer }) => {
    await peer.write(bytesOf("hello"));
    assertEquals(textOf(await readExactly(tested, 5)), "hello");
    const into = new Uint8Array(100);
    const reading = tested.read(into);
    await peer.write(bytesOf("later"));
    assertEquals(await reading, 5);
    assertEquals(textOf(into.subarray(0, 5)), "later");
  });

  test("a buffer that is smaller than what has arrived leaves the rest to the next reads", async ({ tested, peer }) => {
    await peer.write(bytesOf("abcdef"));
    let text = "";
    for (const length of [1, 2, 3]) text += textOf(await readExactly(tested, length)) + " ";
    assertEquals(text, "a bc def ");
  });

  test("a read fills its part of a buffer, and nothing beside it", async ({ tested, peer }) => {
    await peer.write(bytesOf("hello"));
    const whole = new Uint8Array(9).fill(0x2e);
    await readExactly(tested, 1);
    assertEquals(await tested.read(whole.subarray(2, 5)), 3);
    assertEquals(textOf(whole), "..ell....");
  });

  test("to read into nothing, and to write nothing, is done at once", async ({ tested, peer }) => {
    assertEquals(await tested.read(new Uint8Array(0)), 0);
    assertEquals(await tested.write(new Uint8Array(0)), 0);
    await peer.write(bytesOf("a"));
    assertEquals(await tested.read(new Uint8Array(0)), 0);
    assertEquals(textOf(await readExactly(tested, 1)), "a");
  });

  test("the end comes after all bytes, and again for each read", async ({ tested, peer }) => {
    await peer.write(bytesOf("bye"));
    await peer.closeWrite();
    assertEquals(textOf(await readExactly(tested, 3)), "bye");
    for (let count = 0; count < 3; count++) {
      assertEquals(await tested.read(new Uint8Array(9)), null);
    }
  });

  test("the end comes to a read that waits, and also if the peer has closed all of it", async ({ tested, peer }) => {
    const reading = tested.read(new Uint8Array(9));
    peer.close();
    assertEquals(await reading, null);
    assertEquals(await tested.read(new Uint8Array(9)), null);
  });

  test("each side ends what it sends, and still receives", async ({ tested, peer }) => {
    await tested.write(bytesOf("question"));
    await tested.closeWrite();
    assertEquals(textOf(await readAll(peer)), "question");
    await peer.write(bytesOf("answer"));
    assertEquals(textOf(await readExactly(tested, 6)), "answer");
    const reading = tested.read(new Uint8Array(9));
    await peer.closeWrite();
    assertEquals(await reading, null);
  });

  test("after the peer has ended what it sends, all that is written arrives", async ({ tested, peer }) => {
    await peer.closeWrite();
    assertEquals(await tested.read(new Uint8Array(9)), null);
    const received = readAll(peer);
    await writeAll(tested, new Uint8Array(3_000_000).fill(7));
    await tested.closeWrite();
    assertEquals((await received).length, 3_000_000);
  });

  test("a write after the own end is a broken pipe, and what the peer sends is read on to its end", async ({ tested, peer }) => {
    await tested.closeWrite();
    assertInstanceOf(await failureOf(() => tested.write(bytesOf("a"))), errors.BrokenPipe);
    await peer.write(bytesOf("rest"));
    await peer.closeWrite();
    assertEquals(textOf(await readAll(tested)), "rest");
  });

  test("a write sends what there is room for, and waits if there is none until the peer reads", async ({ tested, peer }) => {
    const bytes = MORE_THAN_FITS;
    const first = await tested.write(bytes);
    assert(first > 0 && first < bytes.length, `${first} bytes`);
    let sent = first;
    const sending = (async () => {
      while (sent < bytes.length) sent += await tested.write(bytes.subarray(sent));
      await tested.closeWrite();
    })();
    const received = await readAll(peer);
    await sending;
    assert(isSame(received, bytes), "something else has arrived");
  });

  test("the own end waits for a write that is under way", async (pair) => {
    const { filled, writing } = await fill(pair);
    const ending = pair.tested.closeWrite();
    const received = await readAll(pair.peer);
    assertEquals(received.length, filled + await writing);
    await ending;
  });

  test("reads have what arrives in the order in which they were begun", async ({ tested, peer }) => {
    const buffers = Array.from({ length: 4 }, () => new Uint8Array(1));
    const read = (index: number) => Promise.resolve(tested.read(buffers[index]!));
    const first = read(0);
    const fourth = first.then(() => read(3));
    await Promise.all([first, fourth, read(1), read(2), peer.write(bytesOf("1234"))]);
    assertEquals(buffers.map(textOf), ["1", "2", "3", "4"]);
  });

  test("writes are sent in the order in which they were begun", async (pair) => {
    const { tested, peer } = pair;
    const write = (text: string) => Promise.resolve(tested.write(bytesOf(text)));
    const { filled, writing } = await fill(pair);
    const later = writing.then(() => write("4"));
    const all = Promise.all([writing, later, write("1"), write("2"), write("3")]).then(() =>
      tested.closeWrite()
    );
    const received = await readAll(peer);
    await all;
    assertEquals(textOf(received.subarray(filled + await writing)), "1234");
  });

  test("10 MB each way at the same time arrive whole and in order, whatever the sizes of buffers", async ({ tested, peer }) => {
    const random = seeded(20);
    const [received, returned] = await Promise.all([
      receive(peer, random),
      receive(tested, random),
      send(tested, THERE, random),
      send(peer, BACK, random),
    ]);
    assert(isSame(received, THERE) && isSame(returned, BACK), "something else has arrived");
  });
});

/** Writes until a write waits for room. @returns how many bytes were sent before that one, and that one */
async function fill(
  { tested }: Pair,
): Promise<{ readonly filled: number; readonly writing: Promise<number> }> {
  for (let filled = 0;;) {
    const writing = Promise.resolve(tested.write(new Uint8Array(64 * 1024)));
    let size: number | undefined;
    writing.then((sent) => size = sent, () => {});
    for (let turn = 0; turn < 5 && size === undefined; turn++) await setImmediate();
    if (size === undefined) return { filled, writing };
    filled += size;
  }
}

async function send(
  connection: SocketConnection,
  bytes: Bytes,
  random: () => number,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await connection.write(bytes.subarray(at, at + sizeOf(random)));
  }
  await connection.closeWrite();
}

async function receive(connection: SocketConnection, random: () => number): Promise<Bytes> {
  const all = new Uint8Array(10_000_000);
  let at = 0;
  while (true) {
    const size = await connection.read(all.subarray(at, at + sizeOf(random)));
    if (size === null || at === all.length) return all.subarray(0, at);
    at += size;
  }
}

/** From one byte to 256 KiB, small ones as often as large ones. */
function sizeOf(random: () => number): number {
  return Math.max(1, Math.floor(2 ** (4 + 14 * random())));
}

/** No part of it is the same as another one of the same length at a power of two from it. */
function patterned(length: number, factor: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * factor) % 251;
  return bytes;
}

/** In no time, unlike assertEquals. */
function isSame(bytes: Bytes, others: Bytes): boolean {
  return Buffer.compare(bytes, others) === 0;
}
