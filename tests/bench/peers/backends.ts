/** Runs the backends as a process and reads their counts. */
import { pinned } from "../cores.ts";
import { freePort, listening, ROOT, spawn } from "../processes.ts";
import type { Counts } from "./backend.ts";
import { endTree } from "./proxy.ts";

const BACKEND_COUNT = 3;
/** If no request arrives for this long, all of them have arrived. */
const QUIET_MS = 50;

export class Backends implements AsyncDisposable {
  readonly ports: readonly number[];
  readonly #process: Deno.ChildProcess;

  private constructor(ports: readonly number[], process: Deno.ChildProcess) {
    this.ports = ports;
    this.#process = process;
  }

  static async start(cores: readonly number[]): Promise<Backends> {
    const ports = Array.from({ length: BACKEND_COUNT }, freePort);
    const args = [`${ROOT}tests/bench/peers/backend.ts`, ...ports.map(String)];
    const backends = new Backends(ports, spawn(args, {}, "null", pinned(cores)));
    await Promise.all(ports.map(listening));
    return backends;
  }

  /**
   * Reads the counts once no more requests arrive: a proxy may still forward requests that its client has
   * abandoned, and they must not be attributed to the next measurement.
   */
  async counts(): Promise<Counts> {
    for (let last = await this.#countsNow();;) {
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
      const now = await this.#countsNow();
      if (now.right === last.right && now.wrong === last.wrong) return now;
      last = now;
    }
  }

  async #countsNow(): Promise<Counts> {
    return await (await fetch(`http://127.0.0.1:${this.ports[0]}/counts`)).json();
  }

  /** Does the work, and returns its result with the requests that were counted meanwhile. */
  async during<Result>(work: () => Promise<Result>): Promise<[Result, Counts]> {
    const before = await this.counts();
    const result = await work();
    const after = await this.counts();
    return [result, {
      right: after.right - before.right,
      unnamed: after.unnamed - before.unnamed,
      wrong: after.wrong - before.wrong,
    }];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return endTree(this.#process);
  }
}
