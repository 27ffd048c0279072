import { assertEquals } from "@std/assert";
import { SharedMemory } from "../../lib/shared_memory/layout.ts";

const EXTENT = { backends: 3, workers: 3 };

Deno.test("shared memory: what one worker writes, another one with the same buffer reads", () => {
  const one = new SharedMemory(EXTENT);
  const other = new SharedMemory(EXTENT, one.buffer);
  one.pool.time.value = 12.5;
  one.backend(2).failures.value = 4;
  one.worker(1).requests.value = 7;
  one.workerBackend(2, 1).inFlight.value = 9;
  assertEquals(other.pool.time.value, 12.5);
  assertEquals(other.backend(2).failures.value, 4);
  assertEquals(other.worker(1).requests.value, 7);
  assertEquals(other.workerBackend(2, 1).inFlight.value, 9);
});

Deno.test("shared memory: no two numbers share a place", () => {
  const memory = new SharedMemory(EXTENT);
  const places = [0, 1, 2];
  const counts = [
    memory.pool.requests,
    memory.budget.requests,
    ...places.map((place) => memory.backend(place).inFlight),
    ...places.map((place) => memory.backend(place).failures),
    ...places.map((number) => memory.worker(number).requests),
    ...places.flatMap((number) =>
      places.map((place) => memory.workerBackend(number, place).inFlight)
    ),
  ];
  counts.forEach((count, index) => count.value = index + 1);
  assertEquals(counts.map((count) => count.value), counts.map((_, index) => index + 1));
});

Deno.test("shared memory: every record begins with the initial values of its table", () => {
  const memory = new SharedMemory(EXTENT);
  for (const place of [0, 1, 2]) {
    const { latency, since, trialWorker, up, failures } = memory.backend(place);
    assertEquals([latency.value, since.value, trialWorker.value, up.value, failures.value], [
      NaN,
      -Infinity,
      -1,
      1,
      0,
    ]);
  }
});

Deno.test("shared memory: a worker that joins leaves the values as they are", () => {
  const memory = new SharedMemory(EXTENT);
  memory.backend(0).up.value = 0;
  new SharedMemory(EXTENT, memory.buffer);
  assertEquals(memory.backend(0).up.value, 0);
});
