/**
 * A balancer like that of `roundabout start`, whose first worker dies on SIGUSR2, or hangs until
 * there is the file that the variable HANGS_UNTIL names.
 */
import { loadConfiguration, readVariables } from "../../lib/config/load.ts";
import { exit, log } from "../../lib/logging/log.ts";
import { runUntilSignal } from "../../lib/cli/run.ts";
import { startBalancer } from "../../lib/runtime/control_plane.ts";
import type { Fate } from "./mortal_worker.ts";

const load = () => loadConfiguration(readVariables(), undefined);
const { configuration, file, files } = await load();
const source = { load, file: file?.name, first: { files, readAt: Date.now() } };
const script = new URL("./mortal_worker.ts", import.meta.url);

const status = await runUntilSignal(async () => {
  const balancer = await startBalancer(configuration, { script, source });
  const fates = new BroadcastChannel("fates");
  const hangsUntil = Deno.env.get("HANGS_UNTIL");
  const fate: Fate = { worker: "worker 1", ...(hangsUntil !== undefined && { hangsUntil }) };
  Deno.addSignalListener("SIGUSR2", () => fates.postMessage(fate)); // on SIGUSR1, Deno opens a debugger
  log("info", `listening on 127.0.0.1:${balancer.addresses[0]!.port}`);
  const reload = () => void balancer.reload("SIGHUP");
  return { finished: balancer.finished, reload, stop: () => balancer.stop() };
});
await exit(status);
