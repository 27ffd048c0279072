/** The probes of the settings: they run in the control plane only, whatever the number of workers. */
import type { Backend } from "../backends/backend.ts";
import { type ProbeOptions, type Probes, startProbes } from "../health/prober.ts";
import type { ServingPool } from "../routing/route.ts";

/** The probes of one pool, as its configuration says at the moment. */
export class Probing implements AsyncDisposable {
  #probes: Probes<Backend> | undefined;
  #ending = Promise.resolve();

  /** Starts, changes or ends them. */
  update(serving: ServingPool): void {
    const options = probeOptions(serving);
    if (options === undefined) {
      if (this.#probes !== undefined) serving.pool.forgetProbes();
      this.#end();
    } else if (this.#probes === undefined) this.#probes = startProbes(options);
    else this.#probes.update(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    await this.#ending;
  }

  #end(): void {
    const probes = this.#probes;
    if (probes === undefined) return;
    this.#probes = undefined;
    this.#ending = this.#ending.then(() => probes[Symbol.asyncDispose]());
  }
}

/** @returns undefined if probes are off */
function probeOptions({ config, pool }: ServingPool): ProbeOptions<Backend> | undefined {
  const { health, proxyProtocol } = config;
  if (health?.path === undefined) return undefined;
  return {
    backends: pool.backends,
    path: health.path,
    host: health.host,
    port: health.port,
    proxyProtocol,
    good: health.status,
    interval: health.interval,
    timeout: health.timeout,
    random: Math.random,
    onProbe: (backend, good, reason) => pool.probed(backend, good, reason),
  };
}
