/** What both kinds of sockets must do, as the tcp engine needs it: to end, and to learn that the other side has. */
import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { connect, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { isPeerError } from "../../lib/engines/tcp/exchange/peer_error.ts";
import type { Bytes } from "../../lib/net/connection.ts";
import type { SocketConnection } from "../../lib/net/sockets.ts";
import {
  failureOf,
  forBothSockets,
  LISTENING,
  LOOPBACK,
  type Pair,
  pairOfBoth,
  readAll,
  readExactly,
  testEachWay,
} from "../support/both_sockets.ts";

const { errors } = Deno;

const bytesOf = (text: string): Bytes => new TextEncoder().encode(text);
const textOf = (bytes: Bytes): string => new TextDecoder().decode(bytes);
const read = (connection: SocketConnection) => connection.read(new Uint8Array(9));

forBothSockets((kind) => {
  const { name, sockets, test: testOf } = kind;
  const test = (name: string, run: (pair: Pair) => Promise<void>) => testEachWay(kind, name, run);

  /** A test with a peer that can reset its connection. */
  function testReset(
    name: string,
    run: (tested: SocketConnection, peer: ResettingPeer) => Promise<void>,
  ): void {
    testOf(name, async () => {
      const listener = sockets.listen(LOOPBACK, LISTENING);
      const peer = await ResettingPeer.connect((listener.addr as Deno.NetAddr).port);
      const tested = await listener.accept();
      listener.close();
      await run(tested, peer);
      tested.close();
      await peer.reset();
    });
  }

  testReset(
    "a reset is an error for the read that waits, and never an end",
    async (tested, peer) => {
      const reading = failureOf(() => read(tested));
      await peer.reset();
      assertInstanceOf(await reading, errors.ConnectionReset);
    },
  );

  testReset("a reset that came before is an error for the next read", async (tested, peer) => {
    await peer.reset();
    assertInstanceOf(await failureOf(() => read(tested)), errors.ConnectionReset);
  });

  testReset("what came before a reset is read first", async (tested, peer) => {
    await peer.send("hello");
    assertEquals(textOf(await readExactly(tested, 1)), "h");
    await peer.reset();
    assertEquals(textOf(await readExactly(tested, 4)), "ello");
    assertInstanceOf(await failureOf(() => read(tested)), errors.ConnectionReset);
  });

  testReset("a reset is an error for the write that waits", async (tested, peer) => {
    peer.pause();
    const failure = failureOf(async () => {
      while (true) await tested.write(new Uint8Array(64 * 1024));
    });
    for (let turn = 0; turn < 10; turn++) await setImmediate();
    await peer.reset();
    const error = await failure;
    assert(
      error instanceof errors.ConnectionReset || error instanceof errors.BrokenPipe,
      `${error}`,
    );
  });

  // Deno's sockets take it for an end, as the system tells of a reset only once. The tcp engine closes a connection
  // on which a write has failed, and never asks.
  if (name === "epoll") {
    testReset(
      "a reset that a write has noticed is an error for each read as well",
      async (tested, peer) => {
        await peer.send("hello");
        await readExactly(tested, 1);
        await peer.reset();
        await failureOf(() => tested.write(bytesOf("a")));
        assertEquals(textOf(await readExactly(tested, 4)), "ello");
        for (let count = 0; count < 3; count++) {
          assertInstanceOf(await failureOf(() => read(tested)), errors.ConnectionReset);
        }
      },
    );
  }

  testReset(
    "a reset that follows the end leaves it an end, although nothing can be written",
    async (tested, peer) => {
      await peer.send("hello");
      await peer.end();
      assertEquals(textOf(await readExactly(tested, 1)), "h");
      await peer.reset();
      assert(isPeerError(await failureOf(() => tested.write(bytesOf("a")))));
      assertEquals(textOf(await readAll(tested)), "ello");
      assertEquals(await read(tested), null);
    },
  );

  test("close rejects the read that is under way and those that wait for it, with errors of a peer", async ({ tested }) => {
    const reads = [read(tested), read(tested), read(tested)].map((reading) =>
      failureOf(() => reading)
    );
    tested.close();
    for (const error of await Promise.all(reads)) assert(isPeerError(error), String(error));
  });

  test("close rejects the write that is under way and those that wait for it, with errors of a peer", async ({ tested }) => {
    const writes = [0, 1, 2].map(() =>
      failureOf(async () => {
        while (true) await tested.write(new Uint8Array(64 * 1024));
      })
    );
    for (let turn = 0; turn < 10; turn++) await setImmediate();
    tested.close();
    for (const error of await Promise.all(writes)) assert(isPeerError(error), String(error));
  });

  test("what is closed cannot be closed again, nor be read or written, ever", async ({ tested, peer }) => {
    await peer.write(bytesOf("unread"));
    tested.close();
    assertThrows(() => tested.close(), errors.BadResource);
    for (let count = 0; count < 2; count++) {
      assertInstanceOf(await failureOf(() => read(tested)), errors.BadResource);
      assertInstanceOf(await failureOf(() => tested.write(bytesOf("a"))), errors.BadResource);
      assertInstanceOf(await failureOf(() => tested.closeWrite()), errors.BadResource);
    }
  });

  test("failures of what is closed come as rejected promises, and never at once", async ({ tested }) => {
    tested.close();
    const results = [read(tested), tested.write(bytesOf("a")), tested.closeWrite()];
    for (const result of results) {
      assertInstanceOf(result, Promise);
      await failureOf(() => result);
    }
  });

  test("what was written before it was closed arrives, and then the end", async ({ tested, peer }) => {
    await tested.write(bytesOf("goodbye"));
    tested.close();
    assertEquals(textOf(await readAll(peer)), "goodbye");
  });

  test("to write to a peer that is gone fails with an error of a peer", async ({ tested, peer }) => {
    peer.close();
    const error = await failureOf(async () => {
      while (true) await tested.write(new Uint8Array(64 * 1024));
    });
    assert(isPeerError(error), String(error));
  });

  test("a connection that is closed while its peer sends does not disturb the next one with its descriptor", async ({ tested, peer }) => {
    const sending = failureOf(async () => {
      while (true) await peer.write(new Uint8Array(64 * 1024));
    });
    await read(tested);
    tested.close();
    using next = await pairOfBoth(sockets);
    const reading = read(next.tested);
    assert(isPeerError(await sending));
    await next.peer.write(bytesOf("mine"));
    assertEquals(await reading, 4);
  });
});

/** The other end of a connection, which can reset it. */
class ResettingPeer {
  readonly #socket: Socket;
  readonly #closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => {});
  }

  static async connect(port: number): Promise<ResettingPeer> {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    await new Promise<void>((resolve) => socket.once("connect", resolve));
    return new ResettingPeer(socket);
  }

  /** Reads no more. */
  pause(): void {
    this.#socket.pause();
  }

  async send(text: string): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.write(text, () => resolve()));
  }

  /** Closes the sending side. */
  async end(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.end(resolve));
  }

  /** Resets it, if it is open. */
  async reset(): Promise<void> {
    this.#socket.resetAndDestroy();
    await this.#closed;
  }
}
