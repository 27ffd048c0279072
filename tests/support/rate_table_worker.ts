/** Changes times of a shared table as fast as it can: see tests/shared_memory/rate_table_test.ts. */
/// <reference lib="deno.worker" />
import { RateTable } from "../../lib/shared_memory/rate_table.ts";

export interface Task {
  readonly buffer: SharedArrayBuffer;
  /** How often each key is changed. */
  readonly rounds: number;
  /** The first half of each key's hash; the second is the same. */
  readonly keys: readonly number[];
}

self.onmessage = ({ data: { buffer, rounds, keys } }: MessageEvent<Task>) => {
  const table = new RateTable(buffer);
  for (let round = 0; round < rounds; round++) {
    for (const key of keys) table.change([key, key], 0.5, (time) => time + 1);
  }
  self.postMessage("done");
};
