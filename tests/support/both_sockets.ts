/** Both kinds of sockets, for tests of what must hold for both, and connections made with them. */
import type { Bytes } from "../../lib/net/connection.ts";
import { openEpollSockets } from "../../lib/net/epoll/sockets.ts";
import type { IO } from "../../lib/net/io.ts";
import {
  DENO_SOCKETS,
  type ListeningOptions,
  type Place,
  type SocketConnection,
  type SocketListener,
  type Sockets,
} from "../../lib/net/sockets.ts";
import { TrackedLibc } from "./tracked_libc.ts";

const LIBC = new TrackedLibc();

const SOCKETS: Readonly<Record<keyof typeof IO, Sockets>> = {
  deno: DENO_SOCKETS,
  epoll: await openEpollSockets(LIBC),
};

export interface SocketsTest {
  readonly name: keyof typeof IO;
  readonly sockets: Sockets;
  /** Registers a test that names the sockets: it fails if a descriptor is left, or was used wrongly. */
  readonly test: (name: string, run: () => Promise<void> | void) => void;
}

/** Defines the same tests for both. What Deno opens is watched by the sanitizers of its tests. */
export function forBothSockets(define: (test: SocketsTest) => void): void {
  for (const [name, sockets] of Object.entries(SOCKETS) as [keyof typeof IO, Sockets][]) {
    define({
      name,
      sockets,
      test: (behaviour, run) =>
        Deno.test(`${name} sockets: ${behaviour}`, async () => {
          const before = LIBC.descriptors.size;
          await run();
          await LIBC.checkAllClosedBut(before);
        }),
    });
  }
}

export const LISTENING: ListeningOptions = { reusePort: false, backlog: 511 };

export const LOOPBACK: Place = { hostname: "127.0.0.1", port: 0 };

/** An abstract name of a unix socket that nobody else has. */
export function abstractPlace(): Place {
  return { path: `\0roundabout-test-${crypto.randomUUID()}` };
}

/** Aborted never. */
export const NEVER: AbortSignal = new AbortController().signal;

/** Where something listens can be connected to. */
export function placeOf({ addr }: { readonly addr: Deno.Addr }): Place {
  return addr.transport === "tcp" ? { hostname: addr.hostname, port: addr.port } : {
    path: (addr as Deno.UnixAddr).path,
  };
}

/** A connection of the sockets that are tested, and the other end of it. */
export class Pair implements Disposable {
  readonly tested: SocketConnection;
  readonly peer: SocketConnection;

  constructor(tested: SocketConnection, peer: SocketConnection) {
    this.tested = tested;
    this.peer = peer;
  }

  /** Closes what the test has not closed. */
  [Symbol.dispose](): void {
    closeQuietly(this.tested);
    closeQuietly(this.peer);
  }
}

export function closeQuietly(closable: { close(): void }): void {
  try {
    closable.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** The ways to a connection: by what it is carried, and whether the tested end was accepted or has connected. */
export const WAYS = [
  "TCP, accepted",
  "TCP, connected",
  "unix, accepted",
  "unix, connected",
] as const;

/** Registers the same test for each way to a connection. */
export function testEachWay(
  { sockets, test }: SocketsTest,
  name: string,
  run: (pair: Pair) => Promise<void>,
): void {
  for (const way of WAYS) {
    test(`${way}: ${name}`, async () => {
      using pair = await pairOf(sockets, way);
      await run(pair);
    });
  }
}

/** The other end is one of Deno's. */
export async function pairOf(sockets: Sockets, way: typeof WAYS[number]): Promise<Pair> {
  const place = way.startsWith("TCP") ? LOOPBACK : abstractPlace();
  if (way.endsWith("accepted")) {
    const listener = sockets.listen(place, LISTENING);
    return await meet(
      listener,
      DENO_SOCKETS,
      (accepted, connected) => new Pair(accepted, connected),
    );
  }
  const listener = DENO_SOCKETS.listen(place, LISTENING);
  return await meet(listener, sockets, (accepted, connected) => new Pair(connected, accepted));
}

/** Both ends are of the same sockets. */
export async function pairOfBoth(sockets: Sockets, place = LOOPBACK): Promise<Pair> {
  const listener = sockets.listen(place, LISTENING);
  return await meet(listener, sockets, (accepted, connected) => new Pair(accepted, connected));
}

async function meet(
  listener: SocketListener,
  sockets: Sockets,
  pair: (accepted: SocketConnection, connected: SocketConnection) => Pair,
): Promise<Pair> {
  try {
    const connecting = sockets.connect(placeOf(listener), NEVER);
    return pair(await listener.accept(), await connecting);
  } finally {
    listener.close();
  }
}

/** Reads to the end. */
export async function readAll(
  connection: SocketConnection,
  bufferSize = 64 * 1024,
): Promise<Bytes> {
  const pieces: Bytes[] = [];
  let length = 0;
  while (true) {
    const into = new Uint8Array(bufferSize);
    const size = await connection.read(into);
    if (size === null) break;
    pieces.push(into.subarray(0, size));
    length += size;
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Reads exactly that much. */
export async function readExactly(connection: SocketConnection, length: number): Promise<Bytes> {
  const all = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const size = await connection.read(all.subarray(at));
    if (size === null) throw new Error(`it ended after ${at} bytes`);
    at += size;
  }
  return all;
}

/** What a promise has rejected with. A value counts as well. */
export async function failureOf(act: () => unknown): Promise<Error> {
  try {
    await act();
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`${error} is no error`);
  }
  throw new Error("it did not fail");
}
