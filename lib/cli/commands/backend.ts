/** `roundabout backend`: runs one demo backend. */
import { parseAddresses, readVariables } from "../../config/load.ts";
import { log } from "../../logging/log.ts";
import { bindOrExplain } from "../../net/listen_error.ts";
import type { Flags } from "../command.ts";
import { startDemoBackend } from "../demo_backend.ts";
import { runUntilSignal } from "../run.ts";
import type { Signals } from "../signals.ts";

export const HELP = `roundabout backend: run one demo backend

Usage: roundabout backend [--name NAME]

  --name NAME  what its responses call it (default backend)

It answers every request, and listens on HOST and PORT. When it is stopped it serves for three more
seconds, and says so: with 503 at /healthz, and by closing connections.
`;

export function run({ name = "backend" }: Flags, signals?: Signals): Promise<number> {
  return runUntilSignal(() => {
    const { host: hostname, port } = parseAddresses(readVariables());
    const backend = bindOrExplain(
      "requests",
      [{ hostname, port }],
      () => startDemoBackend({ name, hostname, port }),
    );
    log("info", `${name} listens on ${backend.address}`);
    return Promise.resolve({ stop: () => backend.leave().then(() => 0) });
  }, signals);
}
