import { assertEquals } from "@std/assert";
import {
  atomicInt,
  float,
  localInt,
  newRecord,
  recordBytes,
  uint32,
} from "../../lib/shared_memory/cells.ts";

Deno.test("cells: an atomic integer wraps after 2^31 - 1", () => {
  const { count } = newRecord({ count: atomicInt(2 ** 31 - 1) });
  assertEquals([count.add(1), count.value], [-(2 ** 31), -(2 ** 31)]);
});

Deno.test("cells: swap changes a value only if it is the expected one", () => {
  const { count } = newRecord({ count: atomicInt(5) });
  assertEquals([count.swap(4, 9), count.value], [false, 5]);
  assertEquals([count.swap(5, 9), count.value], [true, 9]);
});

Deno.test("cells: each kind keeps what it is given", () => {
  const record = newRecord({ a: atomicInt(), b: localInt(), c: float(NaN), d: uint32() });
  record.a.value = -1;
  record.b.value = -2;
  record.d[0] = 2 ** 32 - 1;
  assertEquals([record.a.value, record.b.value, record.c.value, record.d[0]], [
    -1,
    -2,
    NaN,
    2 ** 32 - 1,
  ]);
  record.c.value = 0.1;
  assertEquals([record.a.value, record.c.value], [-1, 0.1]);
});

Deno.test("cells: records take whole cache lines, so that workers do not wait for each other", () => {
  const eight = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`n${i}`, atomicInt()]));
  assertEquals(recordBytes({ one: atomicInt() }), 64);
  assertEquals(recordBytes(eight), 64);
  assertEquals(recordBytes({ ...eight, ninth: atomicInt() }), 128);
});
