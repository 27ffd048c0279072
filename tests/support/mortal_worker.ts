/** A worker that dies or hangs on request: see mortal_balancer.ts. */
/// <reference lib="deno.worker" />
import "../../lib/runtime/worker.ts";

/** A message to one worker. */
export interface Fate {
  readonly worker: string;
  /** The file that ends it once it is there: until then the worker hangs. Undefined lets it die. */
  readonly hangsUntil?: string;
}

const fates = new BroadcastChannel("fates");
fates.addEventListener("message", ({ data }: MessageEvent<Fate>) => {
  if (data.worker !== self.name) return;
  if (data.hangsUntil === undefined) throw new Error("asked to die");
  while (!isThere(data.hangsUntil)) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
});

function isThere(file: string): boolean {
  try {
    Deno.statSync(file);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
