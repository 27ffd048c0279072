import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Bytes } from "../../../lib/net/connection.ts";
import { Libc } from "../../../lib/net/epoll/libc.ts";
import {
  ADD,
  EDGE_TRIGGERED,
  HUNG_UP,
  Poller,
  READABLE,
  type Watched,
  WRITABLE,
} from "../../../lib/net/epoll/poller.ts";
import { EINTR } from "../../../lib/net/epoll/system_error.ts";
import { TrackedLibc } from "../../support/tracked_libc.ts";

/** Says that what it is told to has happened: nothing is asked of the system. */
class ScriptedLibc extends Libc {
  /** The last struct epoll_event of each descriptor. */
  readonly added = new Map<number, Bytes>();
  /** What comes next. */
  next: Bytes[] | "interrupted" | "failed" = [];

  override epollCreate(): number {
    return 1_000_000;
  }

  override epollControl(_: number, operation: number, descriptor: number, event: Bytes): number {
    assertEquals(operation, ADD);
    this.added.set(descriptor, event);
    return 0;
  }

  override epollWait(_: number, events: Bytes): number {
    if (typeof this.next === "string") return -1;
    this.next.forEach((event, index) => events.set(event, index * event.length));
    return this.next.length;
  }

  override get errno(): number {
    return this.next === "interrupted" ? EINTR : 9;
  }
}

/** Notes what it is told. */
class Witness implements Watched {
  readonly told: number[] = [];
  readonly #then: () => void;

  constructor(then: () => void = () => {}) {
    this.#then = then;
  }

  onEvents(events: number): void {
    this.told.push(events);
    this.#then();
  }

  close(): void {}
}

const scripted = new ScriptedLibc();
const tracked = new TrackedLibc();

Deno.test("poller: an event that was taken before its descriptor was closed and given to another socket is not told to that one", () => {
  const poller = new Poller(scripted);
  const [before, after] = [new Witness(), new Witness()];
  const first = new Witness(() => {
    poller.forget(9);
    poller.add(9, READABLE, after);
  });
  poller.add(5, READABLE, first);
  poller.add(9, READABLE, before);
  scripted.next = [scripted.added.get(5)!, scripted.added.get(9)!];
  assertEquals(poller.wait(0), 2);
  assertEquals([first.told.length, before.told.length, after.told.length], [1, 0, 0]);
  scripted.next = [scripted.added.get(9)!];
  poller.wait(0);
  assertEquals([before.told.length, after.told.length], [0, 1]);
});

Deno.test("poller: whoever is forgotten is told nothing, and whoever replaces another is told in its place", () => {
  const poller = new Poller(scripted);
  const [forgotten, replaced, successor] = [new Witness(), new Witness(), new Witness()];
  poller.add(5, READABLE, forgotten);
  poller.add(6, READABLE, replaced);
  poller.forget(5);
  poller.replace(6, successor);
  assertEquals(poller.watched, [successor]);
  scripted.next = [scripted.added.get(5)!, scripted.added.get(6)!];
  poller.wait(0);
  assertEquals([forgotten, replaced, successor].map(({ told }) => told.length), [0, 0, 1]);
});

Deno.test("poller: a signal in between is no event, and another error is thrown", () => {
  const poller = new Poller(scripted);
  scripted.next = "interrupted";
  assertEquals(poller.wait(0), 0);
  scripted.next = "failed";
  assertThrows(() => poller.wait(0), Deno.errors.BadResource);
});

Deno.test("poller: the system tells each descriptor what has happened on it, once each time", () => {
  const poller = new Poller(tracked);
  const pairs = Array.from({ length: 20 }, () => tracked.connectedPair());
  const witnesses = pairs.map(([descriptor]) => {
    const witness = new Witness();
    poller.add(descriptor, READABLE | WRITABLE | HUNG_UP | EDGE_TRIGGERED, witness);
    return witness;
  });
  const taken = () => witnesses.map(({ told }) => told.splice(0).reduce((a, b) => a | b, 0));
  assertEquals(poller.wait(0), 20);
  assertEquals(new Set(taken()), new Set([WRITABLE]));
  assertEquals(poller.wait(0), 0);

  tracked.send(pairs[7]![1], new Uint8Array(1));
  tracked.closeWrite(pairs[11]![1]);
  tracked.close(pairs[13]![1]);
  assertEquals(poller.wait(0), 3);
  const told = taken();
  const isTold = told.map((events) => events !== 0);
  assertEquals(isTold, told.map((_, index) => [7, 11, 13].includes(index)));
  assertEquals(told[7]! & (READABLE | HUNG_UP), READABLE);
  assert((told[11]! & HUNG_UP) !== 0 && (told[13]! & HUNG_UP) !== 0);
  assertEquals(poller.wait(0), 0);

  tracked.send(pairs[7]![1], new Uint8Array(1));
  assertEquals(poller.wait(0), 1);
  for (const descriptor of [...tracked.descriptors]) tracked.close(descriptor);
});

Deno.test("poller: more events than are taken at a time are told one after the other", () => {
  const poller = new Poller(tracked);
  const pairs = Array.from({ length: 600 }, () => tracked.connectedPair());
  const witnesses = pairs.map(([descriptor]) => {
    const witness = new Witness();
    poller.add(descriptor, WRITABLE | EDGE_TRIGGERED, witness);
    return witness;
  });
  assertEquals(poller.wait(0) + poller.wait(0), 600);
  assertEquals(witnesses.every(({ told }) => told.length === 1), true);
  for (const descriptor of [...tracked.descriptors]) tracked.close(descriptor);
});

Deno.test("poller: what cannot be watched is thrown", () => {
  const poller = new Poller(tracked);
  assertThrows(() => poller.add(999_999, READABLE, new Witness()), Deno.errors.BadResource);
  assertEquals(poller.watched, []);
  tracked.close(poller.descriptor);
});
