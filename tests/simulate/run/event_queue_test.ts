import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { EventQueue } from "../../../lib/simulate/run/event_queue.ts";

Deno.test("event queue: events come in the order of their times, those of one time in the order of their pushes", () => {
  fc.assert(fc.property(fc.array(fc.nat(20)), (times) => {
    const queue = new EventQueue();
    const came: [at: number, index: number][] = [];
    times.forEach((at, index) => queue.push(at, () => came.push([queue.now, index])));
    for (let event = queue.pop(); event !== undefined; event = queue.pop()) event();
    const expected = times.map((at, index): [number, number] => [at, index])
      .sort(([a, i], [b, j]) => a - b || i - j);
    assertEquals(came, expected);
  }));
});

Deno.test("event queue: events that push events keep the order, and none comes before now", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.integer({ min: -5, max: 20 }))), (pairs) => {
      const queue = new EventQueue();
      const times: number[] = [];
      for (const [at, later] of pairs) {
        queue.push(at, () => {
          times.push(queue.now);
          queue.push(queue.now + later, () => times.push(queue.now));
        });
      }
      for (let event = queue.pop(); event !== undefined; event = queue.pop()) event();
      assertEquals(times.length, pairs.length * 2);
      assertEquals(times, [...times].sort((a, b) => a - b));
    }),
  );
});

Deno.test("event queue: an empty queue pops nothing, and its clock stands still", () => {
  const queue = new EventQueue();
  queue.push(5, () => {});
  queue.pop();
  assertEquals([queue.pop(), queue.now], [undefined, 5]);
});
