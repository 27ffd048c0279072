import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { setImmediate } from "node:timers/promises";
import { DenoWaker } from "../../../lib/net/epoll/deno_waker.ts";
import { EDGE_TRIGGERED, Poller, READABLE } from "../../../lib/net/epoll/poller.ts";
import { seeded } from "../../support/random.ts";
import { TrackedLibc } from "../../support/tracked_libc.ts";

const BYTE = new Uint8Array(1);

const libc = new TrackedLibc();
const poller = new Poller(libc);
const openBefore = libc.descriptors.size;

/** A descriptor that is watched, and its other end, which has events happen on it. */
function watchedPair(): { happen(): void; close(): void } {
  const [watched, other] = libc.connectedPair();
  const onEvents = () => {
    while (libc.receive(watched, new Uint8Array(64)) > 0);
  };
  poller.add(watched, READABLE | EDGE_TRIGGERED, { onEvents, close() {} });
  return {
    happen: () => assertEquals(libc.send(other, BYTE), 1),
    close() {
      poller.forget(watched);
      libc.close(watched);
      libc.close(other);
    },
  };
}

/** How long nothing must come, in milliseconds. */
const QUIET_MS = 20;

/** Counts how often it is woken. */
class Witness {
  count = 0;
  #woken = Promise.withResolvers<void>();

  readonly onEvents = (): void => {
    this.count++;
    this.#woken.resolve();
    this.#woken = Promise.withResolvers();
  };

  /** Resolves when it is woken next. */
  async next(): Promise<void> {
    await deadline(this.#woken.promise, 5_000);
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate();
}

Deno.test("deno waker: it is opened and closed 100 times, armed or not, and nothing is left", async () => {
  for (let count = 0; count < 100; count++) {
    const waker = await DenoWaker.open(libc, poller.descriptor, () => {});
    if (count % 2 === 0) waker.arm();
    if (count % 4 === 0) await turns(1);
    waker.close();
  }
  await libc.checkAllClosedBut(openBefore);
});

Deno.test("deno waker: without events it wakes nobody, and it wakes once for each time that it was armed", async () => {
  const pair = watchedPair();
  const witness = new Witness();
  const waker = await DenoWaker.open(libc, poller.descriptor, witness.onEvents);
  waker.arm();
  await delay(QUIET_MS);
  assertEquals(witness.count, 0);
  pair.happen();
  await witness.next();
  pair.happen();
  await delay(QUIET_MS);
  assertEquals(witness.count, 1, "it was not armed");
  poller.wait(0);
  waker.close();
  pair.close();
  assertEquals(libc.misuse, []);
});

Deno.test("deno waker: to arm it again changes nothing, and once closed it wakes nobody", async () => {
  const pair = watchedPair();
  const witness = new Witness();
  const waker = await DenoWaker.open(libc, poller.descriptor, witness.onEvents);
  waker.arm();
  waker.arm();
  pair.happen();
  await witness.next();
  await delay(QUIET_MS);
  assertEquals(witness.count, 1);
  poller.wait(0);
  waker.arm();
  pair.happen();
  waker.close();
  await delay(QUIET_MS);
  assertEquals(witness.count, 1);
  poller.wait(0);
  pair.close();
});

Deno.test("deno waker: no event is lost, whenever it comes: before it is armed, at once after, or later", async () => {
  const random = seeded(2_000);
  const witness = new Witness();
  const pair = watchedPair();
  const waker = await DenoWaker.open(libc, poller.descriptor, witness.onEvents);
  for (let count = 0; count < 2_000; count++) {
    const woken = witness.next();
    const [before, after] = [Math.floor(random() * 3), Math.floor(random() * 4)];
    if (random() < 0.5) {
      // Whoever arms it has taken what was there, so this must be noticed although it is not armed yet.
      assertEquals(poller.wait(0), 0);
      if (before > 0) await turns(before - 1);
      pair.happen();
      if (after > 2) await turns(after - 2);
      waker.arm();
    } else {
      if (before > 0) await turns(before - 1);
      waker.arm();
      if (after > 0) await turns(after - 1);
      pair.happen();
    }
    await woken;
    poller.wait(0);
  }
  waker.close();
  pair.close();
  await libc.checkAllClosedBut(openBefore);
});

Deno.test("deno waker: two of them in one thread wake each their own", async () => {
  const other = new Poller(libc);
  const [mine, others] = [new Witness(), new Witness()];
  const pair = watchedPair();
  const first = await DenoWaker.open(libc, poller.descriptor, mine.onEvents);
  const second = await DenoWaker.open(libc, other.descriptor, others.onEvents);
  first.arm();
  second.arm();
  pair.happen();
  await mine.next();
  await delay(QUIET_MS);
  assertEquals([mine.count, others.count], [1, 0]);
  second.close();
  first.close();
  poller.wait(0);
  pair.close();
  libc.close(other.descriptor);
  assertEquals(libc.misuse, []);
});
