/**
 * A balancer like that of `roundabout start`, whose first worker dies on SIGUSR1, and hangs on SIGUSR2 for
 * the milliseconds of the variable HANGS.
 */
import { loadConfiguration, readVariables } from "../../lib/config/load.ts";
import { exit, log } from "../../lib/logging/log.ts";
import { runUntilSignal } from "../../lib/cli/run.ts";
import { startBalancer } from "../../lib/runtime/control_plane.ts";
import type { Fate } from "./mortal_worker.ts";

const { configuration } = await loadConfiguration(readVariables(), undefined);
const script = new URL("./mortal_worker.ts", import.meta.url);

const status = await runUntilSignal(async () => {
  const balancer = await startBalancer(configuration, { script });
  const fates = new BroadcastChannel("fates");
  const send = (fate: Omit<Fate, "worker">) => fates.postMessage({ worker: "worker 1", ...fate });
  Deno.addSignalListener("SIGUSR1", () => send({}));
  Deno.addSignalListener("SIGUSR2", () => send({ hangs: Number(Deno.env.get("HANGS")) }));
  log("info", `listening on 127.0.0.1:${balancer.addresses[0]!.port}`);
  return { ...balancer, stop: () => balancer.stop(configuration.timeouts.drain) };
});
await exit(status);
