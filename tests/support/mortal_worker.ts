/** A worker that dies or hangs on request: see mortal_balancer.ts. */
/// <reference lib="deno.worker" />
import "../../lib/runtime/worker.ts";

/** A message to one worker. */
export interface Fate {
  readonly worker: string;
  /** How long it hangs, in milliseconds; undefined lets it die. */
  readonly hangs?: number;
}

const fates = new BroadcastChannel("fates");
fates.addEventListener("message", ({ data }: MessageEvent<Fate>) => {
  if (data.worker !== self.name) return;
  if (data.hangs === undefined) throw new Error("asked to die");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, data.hangs);
});
