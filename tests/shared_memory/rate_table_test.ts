import { assertEquals } from "@std/assert";
import { newRateTable, RateTable } from "../../lib/shared_memory/rate_table.ts";
import type { Task } from "../support/rate_table_worker.ts";

type Hash = readonly [number, number];

/** How many keys with the same first half of their hash have places of their own. */
const PROBES = 16;

function timeOf(table: RateTable, hash: Hash, now = 0): number {
  let found = NaN;
  table.change(hash, now, (time) => found = time);
  return found;
}

const set = (table: RateTable, hash: Hash, time: number, now = 0) =>
  table.change(hash, now, () => time);

Deno.test("rate table: a new key has the time 0, and keeps what it is given", () => {
  const table = new RateTable();
  assertEquals(timeOf(table, [7, 9]), 0);
  set(table, [7, 9], 50);
  assertEquals(timeOf(table, [7, 9]), 50);
  assertEquals(timeOf(table, [7, 11]), 0, "the second half tells keys apart");
  assertEquals(timeOf(table, [8, 9]), 0);
});

Deno.test("rate table: hashes may be any whole numbers of 32 bits", () => {
  const table = new RateTable();
  const hashes: Hash[] = [[0, 0], [-1, -1], [0x7fffffff, -0x80000000], [0xffffffff, 2], [
    65_535,
    4,
  ]];
  hashes.forEach((hash, index) => set(table, hash, index + 1));
  assertEquals(hashes.map((hash) => timeOf(table, hash)), [1, 2, 3, 4, 5]);
});

Deno.test("rate table: all tables on one buffer are the same", () => {
  const buffer = newRateTable();
  const [one, other] = [new RateTable(buffer), new RateTable(buffer)];
  set(one, [1, 1], 10);
  assertEquals(timeOf(other, [1, 1]), 10);
  set(other, [1, 1], 20);
  assertEquals(timeOf(one, [1, 1]), 20);
});

Deno.test("rate table: keys for which there is no room share one place, and no other key is moved", () => {
  const table = new RateTable();
  for (let key = 0; key < PROBES; key++) set(table, [5, 2 * key], 100 + key);
  set(table, [5, 1000], 500);
  assertEquals(timeOf(table, [5, 2000]), 500, "a second key without room");
  assertEquals(timeOf(table, [5, 1000]), 500);
  for (let key = 0; key < PROBES; key++) assertEquals(timeOf(table, [5, 2 * key]), 100 + key);
});

Deno.test("rate table: a key whose time is over makes room for a new one, which begins at 0", () => {
  const table = new RateTable();
  for (let key = 0; key < PROBES; key++) set(table, [5, 2 * key], 100 + key);
  assertEquals(timeOf(table, [5, 1000], 103), 0);
  set(table, [5, 1000], 900, 103);
  assertEquals(timeOf(table, [5, 1000], 103), 900);
  assertEquals(timeOf(table, [5, 2 * (PROBES - 1)], 103), 100 + PROBES - 1, "others stay");
});

Deno.test("rate table: a key is found behind one that has made room since", () => {
  const table = new RateTable();
  set(table, [5, 2], 10);
  set(table, [5, 4], 1_000);
  set(table, [5, 6], 2_000, 50); // in the place of the first one
  assertEquals(timeOf(table, [5, 4], 50), 1_000);
  assertEquals(timeOf(table, [5, 6], 50), 2_000);
});

Deno.test("rate table: a flood of keys ends, slows down new keys only, and fills no more memory", () => {
  const buffer = newRateTable();
  const table = new RateTable(buffer);
  set(table, [12_345, 1], 77);
  for (let key = 0; key < 200_000; key++) {
    set(table, [Math.imul(key, 0x9e3779b1), 2 * key + 3], 1_000_000);
  }
  assertEquals(timeOf(table, [12_345, 1]), 77);
  assertEquals(buffer.byteLength, 65_536 * 16 + 32);
  assertEquals(timeOf(table, [1, -5]), 1_000_000, "a new key shares what is left");
});

Deno.test("rate table: a change that throws leaves the table unlocked, and the time as it was", () => {
  const table = new RateTable();
  set(table, [1, 1], 5);
  let message = "";
  try {
    table.change([1, 1], 0, () => {
      throw new Error("thrown");
    });
  } catch (error) {
    message = (error as Error).message;
  }
  assertEquals([message, timeOf(table, [1, 1])], ["thrown", 5]);
});

Deno.test("rate table: no change of two workers at once is lost", async () => {
  const buffer = newRateTable();
  const rounds = 20_000;
  const keys = [1, 2, 3, 65_537, 131_073];
  const script = new URL("../support/rate_table_worker.ts", import.meta.url);
  const workers = [1, 2].map(() => new Worker(script, { type: "module" }));
  try {
    await Promise.all(workers.map((worker) => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      worker.onmessage = resolve;
      worker.onerror = reject;
      worker.postMessage({ buffer, rounds, keys } satisfies Task);
      return promise;
    }));
  } finally {
    for (const worker of workers) worker.terminate();
  }
  const table = new RateTable(buffer);
  assertEquals(keys.map((key) => timeOf(table, [key, key])), keys.map(() => 2 * rounds));
});
