import { assertEquals } from "@std/assert";
import { Cadence } from "../../../lib/net/epoll/cadence.ts";

/** Events at these times, where "soon" is less than 1 ms. */
function isQuickAfter(times: readonly number[]): boolean {
  const cadence = new Cadence(1);
  for (const now of times) cadence.note(now);
  return cadence.isQuick;
}

const soon = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => from + index * 0.5);

for (
  const [name, times, isQuick] of [
    ["no event at all", [], false],
    ["one event", [0], false],
    ["the two events of one request", [0, 0.1], false],
    ["four events that come soon, the first of them after a pause", soon(4), false],
    ["five such events", soon(5), true],
    ["events just not soon enough", [0, 1, 2, 3, 4, 5, 6, 7], false],
    ["a request now and then", [0, 0.1, 100, 100.1, 200, 200.1, 300, 300.1, 400, 400.1], false],
    ["load, and one pause", [...soon(9), 50], true],
    ["load, and two pauses", [...soon(9), 50, 100], false],
    ["much load, and two pauses", [...soon(1_000), 9_000, 9_100], false],
    ["load, a pause, load", [...soon(9), 50, ...soon(3, 50.5)], true],
    ["a clock that stands still", [5, 5, 5, 5, 5], true],
  ] as const
) {
  Deno.test(`cadence: after ${name} the next event is ${isQuick ? "" : "not "}expected soon`, () => {
    assertEquals(isQuickAfter(times), isQuick);
  });
}
