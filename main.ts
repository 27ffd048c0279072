/**
 * Starts the program. What serves listens to signals first: loading the rest takes a tenth of a second,
 * and a signal that comes meanwhile should not look like a failure.
 */
import { watchSignals } from "./lib/cli/signals.ts";
import { exit } from "./lib/logging/log.ts";

/** The commands that run until a signal ends them. */
const SERVING = ["start", "demo", "backend"];

if (import.meta.main) {
  const [command = "start"] = Deno.args;
  const signals = SERVING.includes(command) ? watchSignals() : undefined;
  const { main } = await import("./lib/cli/main.ts");
  await exit(await main(Deno.args, signals));
}
