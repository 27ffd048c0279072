import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Buffers } from "../../lib/net/buffers.ts";

Deno.test("buffers: one is of the size asked for", () => {
  const buffers = new Buffers(100, 2);
  assertEquals([buffers.size, buffers.borrow().length], [100, 100]);
});

Deno.test("buffers: two that are out at a time share no memory", () => {
  const buffers = new Buffers(4, 2);
  const [one, other] = [buffers.borrow(), buffers.borrow()];
  assert(one.buffer !== other.buffer);
});

Deno.test("buffers: what was given back is lent again, the last one first, as it was left", () => {
  const buffers = new Buffers(4, 2);
  const [one, other] = [buffers.borrow(), buffers.borrow()];
  other.set([1, 2, 3, 4]);
  buffers.giveBack(one);
  buffers.giveBack(other);
  assert(buffers.borrow() === other);
  assertEquals([...other], [1, 2, 3, 4]);
  assert(buffers.borrow() === one);
});

Deno.test("buffers: no more are kept than was said", () => {
  const buffers = new Buffers(4, 2);
  const given = [buffers.borrow(), buffers.borrow(), buffers.borrow()];
  for (const buffer of given) buffers.giveBack(buffer);
  const again = [buffers.borrow(), buffers.borrow(), buffers.borrow()];
  assertEquals(again.map((buffer) => given.indexOf(buffer)), [1, 0, -1]);
});

Deno.test("buffers: where none is kept each is new", () => {
  const buffers = new Buffers(4, 0);
  const one = buffers.borrow();
  buffers.giveBack(one);
  assert(buffers.borrow() !== one);
});

for (const size of [0, 3, 5]) {
  Deno.test(`buffers: one of ${size} bytes instead of 4 is let go`, () => {
    const buffers = new Buffers(4, 2);
    buffers.giveBack(new Uint8Array(size));
    assertEquals(buffers.borrow().length, 4);
  });
}

Deno.test("buffers: a part of one is let go, and so never lent beside it", () => {
  const buffers = new Buffers(4, 2);
  const one = buffers.borrow();
  buffers.giveBack(one.subarray(1));
  assert(buffers.borrow().buffer !== one.buffer);
});

Deno.test("buffers: whoever borrows and gives back, no two have the same one", () => {
  const kept = fc.nat(4);
  fc.assert(
    fc.property(kept, fc.array(fc.option(fc.nat())), (kept, steps) => {
      const buffers = new Buffers(8, kept);
      const out: Uint8Array<ArrayBuffer>[] = [];
      for (const step of steps) {
        if (step === null || out.length === 0) {
          const buffer = buffers.borrow();
          assert(!out.includes(buffer));
          assertEquals(buffer.length, 8);
          out.push(buffer);
        } else {
          const [buffer] = out.splice(step % out.length, 1);
          buffers.giveBack(buffer!);
        }
      }
    }),
    { seed: 20261122 },
  );
});
