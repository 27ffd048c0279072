import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import type { Bytes } from "../../../lib/net/connection.ts";
import { openEpollSockets } from "../../../lib/net/epoll/sockets.ts";
import {
  abstractPlace,
  failureOf,
  LISTENING,
  LOOPBACK,
  NEVER,
  type Pair,
  pairOfBoth,
  placeOf,
} from "../../support/both_sockets.ts";
import { TrackedLibc } from "../../support/tracked_libc.ts";

/** Whoever reads into a buffer of this size always has it filled, in bytes. */
const ENDLESS_BYTES = 77_777;

/** Has an error, or endless data, in place of what the system says. */
class FaultyLibc extends TrackedLibc {
  /** The number of the error with which the next descriptor cannot be watched. */
  watchError: number | undefined;
  #errno: number | undefined;

  override get errno(): number {
    return this.#errno ?? super.errno;
  }

  override receive(descriptor: number, into: Bytes): number {
    return into.length === ENDLESS_BYTES ? into.length : super.receive(descriptor, into);
  }

  override epollControl(
    epoll: number,
    operation: number,
    descriptor: number,
    event: Bytes,
  ): number {
    this.#errno = this.watchError;
    this.watchError = undefined;
    return this.#errno === undefined ? super.epollControl(epoll, operation, descriptor, event) : -1;
  }
}

const ENOSPC = 28;

const libc = new FaultyLibc();
const sockets = await openEpollSockets(libc);
const openBefore = libc.descriptors.size;

const bytesOf = (length: number): Bytes => new Uint8Array(length);

function test(name: string, run: (pair: Pair) => Promise<void>): void {
  Deno.test(`epoll connection: ${name}`, async () => {
    const pair = await pairOfBoth(sockets);
    try {
      await run(pair);
    } finally {
      pair[Symbol.dispose]();
    }
    await libc.checkAllClosedBut(openBefore);
  });
}

test("what is known to have arrived is read without a promise, and so is written what there is room for", async ({ tested, peer }) => {
  assertEquals(peer.write(bytesOf(10)), 10);
  assertEquals(await tested.read(bytesOf(4)), 4);
  assertEquals(tested.read(bytesOf(4)), 4);
  assertEquals(tested.read(bytesOf(4)), 2);
  const reading = tested.read(bytesOf(4)); // the buffer before was not filled: nothing is left
  assertInstanceOf(reading, Promise);
  peer.write(bytesOf(1));
  assertEquals(await reading, 1);
});

test("after the end has come, all is read without a promise, in buffers of any size", async ({ tested, peer }) => {
  peer.write(bytesOf(10));
  await peer.closeWrite();
  assertEquals(await tested.read(bytesOf(7)), 7);
  assertEquals([tested.read(bytesOf(7)), tested.read(bytesOf(7)), tested.read(bytesOf(7))], [
    3,
    null,
    null,
  ]);
});

test("what arrives between a buffer that was not filled and the next read is not missed", async ({ tested, peer }) => {
  for (let count = 1; count <= 1_000; count++) {
    peer.write(bytesOf(3));
    assertEquals(await deadline(Promise.resolve(tested.read(bytesOf(5))), 5_000), 3);
    if (count % 3 === 0) await Promise.resolve();
    if (count % 100 === 0) await delay(1);
  }
});

test("one that always has something to read does not keep others from their turn", async ({ tested, peer }) => {
  using other = await pairOfBoth(sockets, abstractPlace());
  await peer.write(bytesOf(1));
  const arrived: string[] = [];
  const readingOther = Promise.resolve(other.tested.read(bytesOf(1))).then(() =>
    arrived.push("byte")
  );
  const timer = new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() =>
    arrived.push("timer")
  );
  const into = bytesOf(ENDLESS_BYTES);
  for (let count = 0; arrived.length < 2; count++) {
    await tested.read(into);
    if (count === 0) await other.peer.write(bytesOf(1));
    assert(count < 1_000_000, `only ${arrived} came`);
  }
  await Promise.all([readingOther, timer]);
});

test("one that always has room to write does not lose what it is sent meanwhile", async ({ tested, peer }) => {
  const receiving = (async () => {
    let received = 0;
    for (const into = bytesOf(64 * 1024);;) {
      const size = await peer.read(into);
      if (size === null) return received;
      received += size;
      await peer.write(bytesOf(1)); // something is always to be read at the other end
    }
  })();
  let echoes = 0;
  const reading = (async () => {
    for (let size; (size = await tested.read(bytesOf(100))) !== null;) echoes += size;
  })();
  for (let sent = 0; sent < 8_000_000;) sent += await tested.write(bytesOf(50_000));
  await tested.closeWrite();
  const received = await receiving;
  assert(received >= 8_000_000);
  await peer.closeWrite();
  await reading;
  assert(echoes >= received / (64 * 1024));
});

test("a connection that cannot be watched is closed, whoever has made it", async () => {
  const listener = sockets.listen(LOOPBACK, LISTENING);
  libc.watchError = ENOSPC;
  const error = await failureOf(() => sockets.connect(placeOf(listener), NEVER));
  assertEquals(error.message, "No space left on device (os error 28)");
  libc.watchError = ENOSPC;
  assertEquals((await failureOf(() => sockets.listen(LOOPBACK, LISTENING))).message, error.message);

  (await listener.accept()).close(); // of the one that was closed
  const connected = await sockets.connect(placeOf(listener), NEVER);
  libc.watchError = ENOSPC;
  assertEquals((await failureOf(() => listener.accept())).message, error.message);
  assertEquals(await connected.read(bytesOf(1)), null);
  for (const open of [listener, connected]) open.close();
});
