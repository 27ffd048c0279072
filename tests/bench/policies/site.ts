/** The backends and a balancer in front of them, as processes on loopback. */
import type { PolicyName } from "../../../lib/config/model.ts";
import { end, freePort, listening, ROOT, spawn, spawnBalancer } from "../processes.ts";
import type { Done } from "./backends.ts";
import { BALANCER_CORE, BENCH_CORE, pin } from "../cores.ts";
import { BACKENDS } from "./setup.ts";

export const ENGINE = Deno.env.get("ENGINE") ?? "tcp";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export class Site implements AsyncDisposable {
  /** Where the balancer listens. */
  readonly port = freePort();
  /** Whether it has a core of its own. */
  pinned = false;
  readonly #countsPort = freePort();
  readonly #processes: Deno.ChildProcess[] = [];

  /** Resolves once all of them listen. @param seed makes the service times */
  static async open(policy: PolicyName, seed: number): Promise<Site> {
    const site = new Site();
    for (const signal of SIGNALS) Deno.addSignalListener(signal, site.#abort);
    try {
      await site.#start(policy, seed);
      return site;
    } catch (error) {
      await site[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #start(policy: PolicyName, seed: number): Promise<void> {
    const ports = BACKENDS.map(freePort);
    const args = [seed, this.#countsPort, ...ports].map(String);
    const backends = spawn([`${ROOT}tests/bench/policies/backends.ts`, ...args]);
    this.#processes.push(backends);
    // What is compared is how a policy picks, so nothing else may keep requests from a backend.
    const env = { POLICY: policy, ENGINE, ADMIN_PORT: "off", EJECT_AFTER: "off" };
    const balancer = spawnBalancer(this.port, ports, env);
    this.#processes.push(balancer);
    await Promise.all([this.#countsPort, ...ports, this.port].map(listening));
    await pin(backends.pid, BENCH_CORE);
    this.pinned = await pin(balancer.pid, BALANCER_CORE);
  }

  /** What each backend has done so far. */
  async done(): Promise<readonly Done[]> {
    return await (await fetch(`http://127.0.0.1:${this.#countsPort}/`)).json();
  }

  /** Resolves once nothing is left of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map(end));
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, this.#abort);
  }

  /** A bench that is interrupted leaves nothing running. */
  readonly #abort = async () => {
    await this[Symbol.asyncDispose]();
    Deno.exit(130);
  };
}
