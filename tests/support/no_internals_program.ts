/** The program, whose workers run no_internals_worker.ts. */
import { main } from "../../lib/cli/main.ts";
import { exit } from "../../lib/logging/log.ts";

const SCRIPT = new URL("./no_internals_worker.ts", import.meta.url);
const { Worker } = globalThis;

globalThis.Worker = class extends Worker {
  constructor(_script: string | URL, options?: WorkerOptions) {
    super(SCRIPT, options);
  }
};

await exit(await main(Deno.args));
