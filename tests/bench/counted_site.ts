/** A balancer as its users run it, with all that it says, in front of one counted backend. */
import { Program, type RunOptions } from "../support/program.ts";
import { end, freePort, listening, ROOT, spawn } from "./processes.ts";

export interface CountedSite extends AsyncDisposable {
  /** Where the balancer listens. */
  readonly port: number;
  readonly balancer: Program;
}

/** Resolves once both listen. @param options of the balancer; its settings are added to the usual ones */
export async function startSite({ env, ...options }: RunOptions): Promise<CountedSite> {
  const [port, backendPort] = [freePort(), freePort()];
  const backend = spawn([`${ROOT}tests/bench/counted_backend.ts`, String(backendPort)]);
  await listening(backendPort);
  const balancer = new Program(["start"], {
    ...options,
    env: {
      USERS_SERVICE: `http://127.0.0.1:${backendPort}`,
      HOST: "127.0.0.1",
      PORT: String(port),
      ADMIN_PORT: "off",
      ACCESS_LOG: "off",
      ...env,
    },
  });
  await balancer.shows(/listening on/);
  return {
    port,
    balancer,
    async [Symbol.asyncDispose]() {
      await balancer[Symbol.asyncDispose]();
      await end(backend);
    },
  };
}
