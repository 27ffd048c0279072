/** The time of all workers. */
import { COMMON, WORKER } from "../shared_memory/layout.ts";
import type { RecordBuffer } from "../shared_memory/record_buffer.ts";
import { type Clock, startClock } from "../time/clock.ts";

/** Starts the clock whose time all workers read from the shared memory; it sleeps if they all do. */
export function startSharedClock(process: RecordBuffer, workers: number): Clock {
  const { time } = process.record(COMMON);
  const serving = Array.from({ length: workers }, (_, index) => process.record(WORKER, 1 + index));
  const clock = startClock({
    onMove: (now) => time.value = now,
    staysAwake: () => serving.some(({ awake }) => awake.value === 1),
  });
  time.value = clock.now();
  return clock;
}
