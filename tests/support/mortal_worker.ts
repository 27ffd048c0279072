/** A worker that dies, or hangs, when it is told to: see mortal_balancer.ts. */
/// <reference lib="deno.worker" />
import "../../lib/runtime/worker.ts";

/** What is said to a worker, and which one is meant. */
export interface Fate {
  readonly worker: string;
  /** For how long it does nothing else, in milliseconds; undefined lets it die. */
  readonly hangs?: number;
}

const fates = new BroadcastChannel("fates");
fates.addEventListener("message", ({ data }: MessageEvent<Fate>) => {
  if (data.worker !== self.name) return;
  if (data.hangs === undefined) throw new Error("told to die");
  const until = performance.now() + data.hangs;
  while (performance.now() < until);
});
