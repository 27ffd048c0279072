import { assertEquals, assertRejects } from "@std/assert";
import { ReadAhead } from "../../../../lib/engines/tcp/client/read_ahead.ts";
import { Buffers } from "../../../../lib/net/buffers.ts";

const SMALL = 4;
const LARGE = 10;

/** A connection whose bytes, end and error come as a test wants. */
class FakeConnection {
  reads = 0;
  #waiting: { room: Uint8Array; settle: (result: string | null | Error) => void } | undefined;

  read(room: Uint8Array): Promise<number | null> {
    this.reads++;
    return new Promise((resolve, reject) => {
      const settle = (result: string | null | Error) => {
        if (result instanceof Error) return reject(result);
        if (result === null) return resolve(null);
        const size = Math.min(result.length, room.length);
        room.set(new TextEncoder().encode(result).subarray(0, size));
        resolve(size);
      };
      this.#waiting = { room, settle };
    });
  }

  /** Lets something arrive, and what follows from it happen. */
  async arrives(result: string | null | Error): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting!.settle(result);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

function start() {
  const connection = new FakeConnection();
  const ahead = new ReadAhead(
    connection as unknown as Deno.Conn,
    new Buffers(SMALL, 1),
    new Buffers(LARGE, 1),
  );
  const noticed: string[] = [];
  ahead.watch({ onEnd: () => noticed.push("end"), onBreak: () => noticed.push("break") });
  return { connection, ahead, noticed };
}

async function take(ahead: ReadAhead, size = 100): Promise<string | null> {
  const into = new Uint8Array(size);
  const taken = await ahead.take(into);
  return taken === null ? null : new TextDecoder().decode(into.subarray(0, taken));
}

Deno.test("read ahead: what arrived comes in order, and the end after it", async () => {
  const { connection, ahead, noticed } = start();
  await connection.arrives("abc");
  await connection.arrives("d");
  await connection.arrives("efg");
  await connection.arrives(null);
  assertEquals(noticed, ["end"]);
  assertEquals([await take(ahead, 2), await take(ahead), ahead.isSpent], ["ab", "cdefg", false]);
  assertEquals([await take(ahead), await take(ahead)], [null, null]);
});

Deno.test("read ahead: no more is read than one large buffer holds", async () => {
  const { connection, ahead } = start();
  await connection.arrives("abcd");
  await connection.arrives("efghijklmnop");
  assertEquals([connection.reads, ahead.size], [2, LARGE]);
  assertEquals(await take(ahead), "abcdefghij");
  assertEquals(ahead.isSpent, true);
});

Deno.test("read ahead: once somebody reads, the read under way is the last", async () => {
  const { connection, ahead, noticed } = start();
  const taken = take(ahead);
  await connection.arrives("ab");
  assertEquals([await taken, connection.reads, ahead.isSpent], ["ab", 1, true]);
  assertEquals(noticed, []);
});

Deno.test("read ahead: what somebody reads after it was watched again is still in order", async () => {
  const { connection, ahead, noticed } = start();
  await connection.arrives("ab");
  assertEquals(await take(ahead, 1), "a");
  ahead.watch({ onEnd: () => {}, onBreak: () => noticed.push("break again") });
  await connection.arrives("c");
  assertEquals(await take(ahead), "bc");
  const next = take(ahead);
  await connection.arrives("d");
  assertEquals([await next, ahead.isSpent], ["d", true]);
  assertEquals(noticed, []);
});

Deno.test("read ahead: if the connection breaks, that is told once, and comes after what arrived", async () => {
  const { connection, ahead, noticed } = start();
  await connection.arrives("ab");
  await connection.arrives(new Deno.errors.ConnectionReset());
  assertEquals(noticed, ["break"]);
  assertEquals(await take(ahead), "ab");
  await assertRejects(() => take(ahead), Deno.errors.ConnectionReset);
});
