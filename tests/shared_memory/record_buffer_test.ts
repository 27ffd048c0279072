import { assertEquals, assertThrows } from "@std/assert";
import { BACKEND, backendRecords, WORKER_BACKEND } from "../../lib/shared_memory/layout.ts";
import { atomicInt } from "../../lib/shared_memory/cells.ts";
import { RecordBuffer } from "../../lib/shared_memory/record_buffer.ts";

const ONE = { a: atomicInt(1), b: atomicInt(2) };
const OTHER = { c: atomicInt(3) };

Deno.test("record buffer: what one worker writes, another one with the same buffer reads", () => {
  const one = backendRecords(3);
  const other = backendRecords(3, one.buffer);
  one.record(BACKEND).failures.value = 4;
  one.record(WORKER_BACKEND, 2).inFlight.value = 9;
  assertEquals(other.record(BACKEND).failures.value, 4);
  assertEquals([0, 1, 2].map((worker) => other.record(WORKER_BACKEND, worker).inFlight.value), [
    0,
    0,
    9,
  ]);
});

Deno.test("record buffer: no two numbers share a place", () => {
  const records = new RecordBuffer([[ONE, 3], [OTHER, 2]]);
  const counts = [
    ...[0, 1, 2].flatMap((index) => Object.values(records.record(ONE, index))),
    ...[0, 1].flatMap((index) => Object.values(records.record(OTHER, index))),
  ];
  counts.forEach((count, index) => count.value = 10 + index);
  assertEquals(counts.map(({ value }) => value), counts.map((_, index) => 10 + index));
});

Deno.test("record buffer: every record begins with the initial values of its table", () => {
  const { latency, since, trialWorker, up, failures } = backendRecords(2).record(BACKEND);
  assertEquals([latency.value, since.value, trialWorker.value, up.value, failures.value], [
    NaN,
    -Infinity,
    -1,
    1,
    0,
  ]);
});

Deno.test("record buffer: a worker that joins leaves the values as they are", () => {
  const records = backendRecords(2);
  records.record(BACKEND).up.value = 0;
  backendRecords(2, records.buffer);
  assertEquals(records.record(BACKEND).up.value, 0);
});

Deno.test("record buffer: a record that does not exist is an error", () => {
  const records = new RecordBuffer([[ONE, 2]]);
  assertThrows(() => records.record(ONE, 2), RangeError);
  assertThrows(() => records.record(OTHER), RangeError);
});
