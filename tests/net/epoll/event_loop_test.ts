import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { setImmediate } from "node:timers";
import { openSocket } from "../../../lib/net/epoll/connecting.ts";
import { EventLoop } from "../../../lib/net/epoll/event_loop.ts";
import { EpollListener } from "../../../lib/net/epoll/listener.ts";
import { encodeAddress } from "../../../lib/net/epoll/socket_address.ts";
import { openEpollSockets } from "../../../lib/net/epoll/sockets.ts";
import type { SocketListener } from "../../../lib/net/sockets.ts";
import {
  abstractPlace,
  failureOf,
  LISTENING,
  pairOf,
  pairOfBoth,
} from "../../support/both_sockets.ts";
import { TrackedLibc } from "../../support/tracked_libc.ts";

const libc = new TrackedLibc();
const sockets = await openEpollSockets(libc);

const BYTE = new Uint8Array(1);

/** How long a loop may take to find out that nothing happens, in milliseconds. */
const SETTLE_MS = 100;

Deno.test("event loop: while nothing happens it makes no round at all, and then it wakes at once", async () => {
  using pair = await pairOf(sockets, "TCP, accepted");
  const listener = sockets.listen({ hostname: "127.0.0.1", port: 0 }, LISTENING);
  const reading = pair.tested.read(new Uint8Array(1));
  const accepting = listener.accept();
  await delay(SETTLE_MS);
  const before = libc.waits;
  await delay(300);
  assertEquals(libc.waits, before);
  await pair.peer.write(new Uint8Array(1));
  assertEquals(await deadline(Promise.resolve(reading), 1_000), 1);
  const connected = await Deno.connect({
    hostname: "127.0.0.1",
    port: (listener.addr as Deno.NetAddr).port,
  });
  const accepted = await deadline(accepting, 1_000);
  for (const open of [listener, connected, accepted]) open.close();
});

Deno.test("event loop: a single event costs a few rounds, and no turn", async () => {
  using pair = await pairOf(sockets, "TCP, accepted");
  await delay(SETTLE_MS);
  for (let count = 0; count < 3; count++) {
    const reading = pair.tested.read(BYTE);
    const before = libc.waits;
    await pair.peer.write(BYTE);
    await reading;
    await delay(SETTLE_MS);
    assert(libc.waits - before <= 10, `${libc.waits - before} rounds`);
  }
});

Deno.test("event loop: what is deferred is called although the loop sleeps, and once", async () => {
  const loop = new EventLoop(libc);
  const listener = listenOn(loop);
  await delay(SETTLE_MS);
  const before = loop.round;
  let called = 0;
  const calling = new Promise<void>((resolve) =>
    loop.defer(() => {
      called++;
      resolve();
    })
  );
  assertEquals(called, 0);
  await deadline(calling, 1_000);
  await delay(SETTLE_MS);
  assertEquals(called, 1);
  assert(loop.round > before);
  listener.close();
});

Deno.test("event loop: what is deferred by what was deferred is called in the next round", async () => {
  const loop = new EventLoop(libc);
  const listener = listenOn(loop);
  const rounds: number[] = [];
  await new Promise<void>((resolve) =>
    loop.defer(() => {
      rounds.push(loop.round);
      loop.defer(() => {
        rounds.push(loop.round);
        resolve();
      });
    })
  );
  assertEquals(rounds[1], rounds[0]! + 1);
  listener.close();
});

Deno.test("event loop: once the last socket is closed nothing is left, and it starts again for the next one", async () => {
  const openBefore = libc.descriptors.size;
  const open = () => sockets.listen(abstractPlace(), LISTENING);
  for (
    const wait of [() => delay(0), () => delay(SETTLE_MS), () => undefined, () => Promise.resolve()]
  ) {
    const listener = open();
    await wait();
    listener.close();
    await wait();
    using pair = await pairOfBoth(sockets);
    const reading = pair.tested.read(new Uint8Array(1));
    await wait();
    await pair.peer.write(new Uint8Array(1));
    assertEquals(await reading, 1);
  }
  await libc.checkAllClosedBut(openBefore);
});

Deno.test("event loop: a socket that is opened in the turn in which the last one was closed is told of what happens later", async () => {
  const first = await pairOfBoth(sockets);
  await delay(SETTLE_MS);
  await first.peer.write(new Uint8Array(1));
  await first.tested.read(new Uint8Array(1)); // this goes on within a turn
  first[Symbol.dispose]();
  using pair = await pairOf(sockets, "TCP, accepted");
  const reading = pair.tested.read(new Uint8Array(1));
  await delay(SETTLE_MS);
  await pair.peer.write(new Uint8Array(1));
  assertEquals(await deadline(Promise.resolve(reading), 1_000), 1);
});

for (
  const [moment, wait] of [["at once", () => undefined], ["later", () => delay(SETTLE_MS)]] as const
) {
  Deno.test(`event loop: all that is open is closed ${moment}, and fails, and so is what it watches with`, async () => {
    const before = libc.descriptors.size;
    const own = await openEpollSockets(libc);
    const listener = own.listen(abstractPlace(), LISTENING);
    const { tested, peer } = await pairOfBoth(own);
    const failures = Promise.allSettled([listener.accept(), tested.read(BYTE), peer.read(BYTE)]);
    await wait();
    own.closeAll();
    assertEquals((await failures).map(({ status }) => status), Array(3).fill("rejected"));
    await libc.checkAllClosedBut(before);
  });
}

Deno.test("event loop: all that is open is closed while it opens what it sleeps with", async () => {
  const before = libc.descriptors.size;
  const own = await openEpollSockets(libc);
  const quiet = own.listen(abstractPlace(), LISTENING);
  const failing = failureOf(() => quiet.accept());
  const beforeOpening = libc.descriptors.size;
  while (libc.descriptors.size === beforeOpening) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  own.closeAll();
  await failing;
  await libc.checkAllClosedBut(before);
});

Deno.test("event loop: if the last socket is closed at the end of a long turn, it starts again for the next one", async () => {
  for (let count = 0; count < 3; count++) {
    const pair = await pairOfBoth(sockets, abstractPlace());
    await delay(SETTLE_MS);
    const reading = pair.tested.read(BYTE);
    await pair.peer.write(BYTE);
    await reading;
    const end = performance.now() + 20;
    while (performance.now() < end);
    pair[Symbol.dispose]();
    await delay(SETTLE_MS);
  }
});

/** A listener of a loop that nothing else uses. */
function listenOn(loop: EventLoop): SocketListener {
  const place = abstractPlace();
  const descriptor = openSocket(loop, place);
  if (libc.bind(descriptor, encodeAddress(place)) < 0) throw libc.error();
  if (libc.listen(descriptor, 1) < 0) throw libc.error();
  return new EpollListener(loop, descriptor);
}
