import { assertEquals } from "@std/assert";
import { SharedMemory } from "../../lib/shared_memory/layout.ts";

const EXTENT = { pools: [3, 2], routes: 2, workers: 3 };

Deno.test("shared memory: what one worker writes, another one with the same buffer reads", () => {
  const one = new SharedMemory(EXTENT);
  const other = new SharedMemory(EXTENT, one.buffer);
  one.common.time.value = 12.5;
  one.backend(0, 2).failures.value = 4;
  one.backend(1, 1).failures.value = 5;
  one.worker(1).requests.value = 7;
  one.workerBackend(2, 1, 1).inFlight.value = 9;
  one.workerRoute(2, 1).inFlight.value = 3;
  assertEquals(other.common.time.value, 12.5);
  assertEquals(other.backend(0, 2).failures.value, 4);
  assertEquals(other.backend(1, 1).failures.value, 5);
  assertEquals(other.worker(1).requests.value, 7);
  assertEquals(other.workerBackend(2, 1, 1).inFlight.value, 9);
  assertEquals(other.workerRoute(2, 1).inFlight.value, 3);
});

Deno.test("shared memory: no two numbers share a place", () => {
  const memory = new SharedMemory(EXTENT);
  const workers = [0, 1, 2];
  const backends = [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1]] as const;
  const counts = [
    memory.common.requests,
    ...[0, 1].map((pool) => memory.pool(pool).generation),
    ...[0, 1].map((pool) => memory.budget(pool).requests),
    ...backends.map(([pool, place]) => memory.backend(pool, place).inFlight),
    ...backends.map(([pool, place]) => memory.backend(pool, place).failures),
    ...[0, 1].map((place) => memory.route(place).inFlight),
    ...workers.map((number) => memory.worker(number).requests),
    ...workers.flatMap((number) =>
      backends.map(([pool, place]) => memory.workerBackend(number, pool, place).inFlight)
    ),
    ...workers.flatMap((number) =>
      [0, 1].map((place) => memory.workerRoute(number, place).inFlight)
    ),
  ];
  counts.forEach((count, index) => count.value = index + 1);
  assertEquals(counts.map((count) => count.value), counts.map((_, index) => index + 1));
});

Deno.test("shared memory: every record begins with the initial values of its table", () => {
  const memory = new SharedMemory(EXTENT);
  for (const [pool, place] of [[0, 0], [0, 2], [1, 0], [1, 1]] as const) {
    const { latency, since, trialWorker, up, failures } = memory.backend(pool, place);
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
  memory.backend(0, 0).up.value = 0;
  new SharedMemory(EXTENT, memory.buffer);
  assertEquals(memory.backend(0, 0).up.value, 0);
});
