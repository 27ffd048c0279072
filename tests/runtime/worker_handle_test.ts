import { assertEquals } from "@std/assert";
import { parseVariables } from "../../lib/config/load.ts";
import { WorkerHandle } from "../../lib/runtime/worker_handle.ts";
import { WORKER } from "../../lib/shared_memory/layout.ts";
import { PROGRAM_ENGINES } from "../support/program_engines.ts";
import { firstRevision, ONLY_WORKER } from "../support/revision.ts";
import { pause } from "../support/timing.ts";

/** Whether a port can be listened on, which nobody else does. */
function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}

for (const { name, env } of PROGRAM_ENGINES) {
  Deno.test(`worker handle: ${name}: a worker that is ended while it serves leaves its port`, async () => {
    const { configuration } = parseVariables({ USERS_SERVICE: "http://127.0.0.1:5999", ...env });
    const { revision, process } = firstRevision(configuration);
    const { worker: number, workers } = ONLY_WORKER;
    const exits: string[] = [];
    const handle = new WorkerHandle({
      script: new URL("../../lib/runtime/worker.ts", import.meta.url),
      assignment: {
        ...{ revision, number, workers, reusePort: false, buffer: process.buffer },
        ...{ instanceName: "edge", seed: 1, logFormat: undefined },
        wallOrigin: performance.timeOrigin,
      },
      heartbeat: process.record(WORKER, number).heartbeat,
      onNotice() {},
      onAwake() {},
      onExit: (reason) => exits.push(reason),
    });
    const [{ port }] = await handle.listening as [Deno.NetAddr];
    assertEquals(isFree(port), false);
    handle.end();
    while (!isFree(port)) await pause(20);
    assertEquals(exits, []);
  });
}
