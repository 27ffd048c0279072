/**
 * The debugger that `deno run` opens on 127.0.0.1:9229 on SIGUSR1, as Node.js does. With it, every user of the
 * machine could run code in this process. Deno opens it whatever its flags are (its cli/worker.rs).
 */
import { delay } from "@std/async/delay";

/** Deno opens it some time after the signal, and nothing tells when. */
const OPENS_WITHIN_MS = 1_000;
const PAUSE_MS = 5;

/** Closes the debugger as soon as it is open, and with it the connections of those who use it. */
export async function closeDebugger(): Promise<void> {
  // Loaded only now: its memory would be held as long as this runs.
  const { default: inspector } = await import("node:inspector");
  const end = performance.now() + OPENS_WITHIN_MS;
  while (performance.now() < end) {
    inspector.close();
    await delay(PAUSE_MS);
  }
}
