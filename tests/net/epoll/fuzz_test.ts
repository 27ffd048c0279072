/**
 * Many connections at once between epoll sockets and Deno's, on which both sides do random things. What is received must
 * be what was sent on that connection, whole and in order, until the end or an error; every promise must settle.
 *
 * FUZZ_RUNS and FUZZ_SEED run more cases, or other ones.
 */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { setImmediate } from "node:timers/promises";
import { isPeerError } from "../../../lib/engines/tcp/exchange/peer_error.ts";
import type { Bytes } from "../../../lib/net/connection.ts";
import { openEpollSockets } from "../../../lib/net/epoll/sockets.ts";
import { DENO_SOCKETS, type SocketConnection, type Sockets } from "../../../lib/net/sockets.ts";
import {
  abstractPlace,
  closeQuietly,
  failureOf,
  LISTENING,
  LOOPBACK,
  placeOf,
} from "../../support/both_sockets.ts";
import { seeded } from "../../support/random.ts";
import { TrackedLibc } from "../../support/tracked_libc.ts";

const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? 12);
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 20);

/** In one run: how many there are, and how many of them at a time. */
const CONNECTIONS = 80;
const AT_A_TIME = 20;

/** How long a run may take, in milliseconds: a promise that never settles would take forever. */
const RUN_MS = 30_000;

const libc = new TrackedLibc();
const epoll = await openEpollSockets(libc);
const openBefore = libc.descriptors.size;

/** What one side sends: no other stream has the same bytes at the same places. */
class Stream {
  /** How many bytes were sent, and received. */
  sent = 0;
  received = 0;
  /** Whether its end was sent, and received. */
  ended = false;
  hasEnd = false;
  readonly #state: number;

  constructor(number: number) {
    this.#state = Math.imul(number + 1, 0x9e3779b1);
  }

  /** The next bytes to send. */
  next(length: number): Bytes {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at++) bytes[at] = this.#byteAt(this.sent + at);
    return bytes;
  }

  /** Checks what has come next. */
  take(bytes: Bytes): void {
    for (let at = 0; at < bytes.length; at++) {
      if (bytes[at] === this.#byteAt(this.received + at)) continue;
      throw new Error(`byte ${this.received + at} is that of something else`);
    }
    this.received += bytes.length;
    assert(!this.hasEnd, "bytes came after the end");
  }

  #byteAt(place: number): number {
    return (Math.imul(place ^ this.#state, 0x85ebca6b) >>> 13) & 0xff;
  }
}

/** One end of a connection: reads one stream and writes the other, and may give up both at any moment. */
class End {
  readonly #connection: SocketConnection;
  readonly #incoming: Stream;
  readonly #outgoing: Stream;
  readonly #random: () => number;
  /** Whether it was closed from this side. */
  #isClosed = false;
  /** Whether an error has told that the other side has broken it. */
  #isBroken = false;

  constructor(
    connection: SocketConnection,
    incoming: Stream,
    outgoing: Stream,
    random: () => number,
  ) {
    this.#connection = connection;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#random = random;
  }

  /** Whether it has closed before all was over, so that the other side may miss something. */
  aborted = false;

  async run(): Promise<void> {
    const random = this.#random;
    const aborting = random() < 0.3 ? this.#abortLater() : undefined;
    await Promise.all([this.#send(), this.#receive(), aborting]);
    this.#close();
    await this.#useClosed();
  }

  /** Its descriptor is somebody else's now. */
  async #useClosed(): Promise<void> {
    const connection = this.#connection;
    const bytes = new Uint8Array(1);
    for (
      const use of [
        () => connection.read(bytes),
        () => connection.write(bytes),
        () => connection.close(),
      ]
    ) {
      assertInstanceOf(await failureOf(use), Deno.errors.BadResource);
    }
  }

  async #send(): Promise<void> {
    const random = this.#random;
    for (let left = this.#size(700_000); left > 0 && !this.#isOver;) {
      const bytes = this.#outgoing.next(Math.min(left, this.#size(300_000)));
      const copy = bytes.slice();
      const size = await this.#attempt(() => this.#connection.write(bytes));
      assertEquals(
        bytes.length === copy.length && bytes.every((byte, at) => byte === copy[at]),
        true,
      );
      if (size === undefined) return;
      assert(size > 0 && size <= bytes.length, `${size} of ${bytes.length} bytes were written`);
      this.#outgoing.sent += size;
      left -= size;
      if (random() < 0.2) await this.#pause();
    }
    if (this.#isOver) return;
    this.#outgoing.ended = true;
    await this.#attempt(() => this.#connection.closeWrite());
  }

  async #receive(): Promise<void> {
    const random = this.#random;
    while (!this.#isOver) {
      // Nothing may be written beside the part of the buffer that is given.
      const whole = new Uint8Array(this.#size(100_000) + 2);
      const into = whole.subarray(1, whole.length - 1);
      const size = await this.#attempt(() => this.#connection.read(into));
      assert(whole[0] === 0 && whole.at(-1) === 0, "something was written beside the buffer");
      if (size === undefined) return;
      if (size === null) {
        this.#incoming.hasEnd = true;
        return;
      }
      assert(size > 0 && size <= into.length, `${size} bytes were read into ${into.length}`);
      this.#incoming.take(into.subarray(0, size));
      if (random() < 0.2) await this.#pause();
    }
  }

  async #abortLater(): Promise<void> {
    for (let count = Math.floor(this.#random() * 8); count > 0; count--) await this.#pause();
    this.aborted = true;
    this.#close();
  }

  get #isOver(): boolean {
    return this.#isClosed || this.#isBroken;
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.close();
  }

  /** @returns undefined if the connection is over */
  async #attempt<T>(act: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      if (!isPeerError(error)) throw error;
      this.#isBroken = true;
      return undefined;
    }
  }

  async #pause(): Promise<void> {
    const kind = this.#random();
    if (kind < 0.4) await undefined;
    else if (kind < 0.9) await setImmediate();
    else await new Promise((resolve) => setTimeout(resolve, this.#random() * 3));
  }

  /** Small ones as often as large ones. */
  #size(limit: number): number {
    return Math.max(1, Math.floor(limit ** this.#random()));
  }
}

/** One connection from its beginning to its end. @returns what came of it */
async function runConnection(
  connected: SocketConnection,
  accepted: SocketConnection,
  number: number,
  random: () => number,
): Promise<"whole" | "cut"> {
  const [there, back] = [new Stream(2 * number), new Stream(2 * number + 1)];
  const ends = [new End(connected, back, there, random), new End(accepted, there, back, random)];
  await Promise.all(ends.map((end) => end.run()));
  for (const { sent, received, ended, hasEnd } of [there, back]) {
    assert(received <= sent, "more was received than sent");
    if (ends.some(({ aborted }) => aborted)) continue;
    assertEquals([received, hasEnd], [sent, ended], "something is missing");
  }
  return ends.some(({ aborted }) => aborted) ? "cut" : "whole";
}

/** Connects, sends a number by which the other side knows which connection it is, and fuzzes it. */
async function run(connecting: Sockets, accepting: Sockets, isUnix: boolean, seed: number) {
  const random = seeded(seed);
  const listener = accepting.listen(isUnix ? abstractPlace() : LOOPBACK, LISTENING);
  const waiting = new Map<number, PromiseWithResolvers<SocketConnection>>();
  const results = { whole: 0, cut: 0, "given up": 0 };
  const accepted: Promise<void>[] = [];
  const acceptAll = (async () => {
    while (true) {
      let connection: SocketConnection;
      try {
        connection = await listener.accept();
      } catch (error) {
        if (error instanceof Deno.errors.NotConnected) continue; // Deno's: it has left already
        assert(isPeerError(error), String(error));
        return;
      }
      accepted.push(introduce(connection));
    }
  })();

  async function introduce(connection: SocketConnection): Promise<void> {
    const bytes = new Uint8Array(2);
    let size: number | null;
    try {
      size = await connection.read(bytes);
    } catch (error) {
      assert(isPeerError(error), String(error));
      size = null;
    }
    if (size === null) return closeQuietly(connection); // it was given up
    waiting.get(new DataView(bytes.buffer).getUint16(0))!.resolve(connection);
  }

  async function one(number: number): Promise<void> {
    const controller = new AbortController();
    const isGivenUp = random() < 0.1;
    const other = Promise.withResolvers<SocketConnection>();
    waiting.set(number, other);
    try {
      const opening = connecting.connect(placeOf(listener), controller.signal);
      if (isGivenUp) controller.abort();
      const connection = await opening;
      if (isGivenUp) {
        connection.close();
      } else {
        await connection.write(new Uint8Array([number >> 8, number & 0xff]));
        results[await runConnection(connection, await other.promise, number, random)]++;
        return;
      }
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    }
    results["given up"]++;
  }

  let next = 0;
  await Promise.all(Array.from({ length: AT_A_TIME }, async () => {
    while (next < CONNECTIONS) await one(next++);
  }));
  listener.close();
  await acceptAll;
  await Promise.all(accepted);
  return results;
}

for (let index = 0; index < RUNS; index++) {
  const seed = SEED + index;
  const isUnix = index % 3 === 2;
  const sides = [[epoll, DENO_SOCKETS], [DENO_SOCKETS, epoll], [epoll, epoll]][index % 4 % 3]!;
  Deno.test(`epoll fuzz: seed ${seed}: what arrives is what was sent on the same connection, whatever both sides do`, async () => {
    const results = await deadline(run(sides[0]!, sides[1]!, isUnix, seed), RUN_MS);
    assert(
      results.whole > CONNECTIONS / 5 && results.cut > CONNECTIONS / 5,
      JSON.stringify(results),
    );
    await libc.checkAllClosedBut(openBefore);
  });
}
