/** The backends as a process of their own, and what they have counted. */
import { pinned } from "../cores.ts";
import { freePort, listening, ROOT, spawn } from "../processes.ts";
import type { Counts } from "./backend.ts";
import { endTree } from "./proxy.ts";

const BACKENDS = 3;
/** For how long nothing may come before all has come, in milliseconds. */
const QUIET = 50;

export class Backends implements AsyncDisposable {
  readonly ports: readonly number[];
  readonly #process: Deno.ChildProcess;

  private constructor(ports: readonly number[], process: Deno.ChildProcess) {
    this.ports = ports;
    this.#process = process;
  }

  static async start(cores: readonly number[]): Promise<Backends> {
    const ports = Array.from({ length: BACKENDS }, freePort);
    const args = [`${ROOT}tests/bench/peers/backend.ts`, ...ports.map(String)];
    const backends = new Backends(ports, spawn(args, {}, "null", pinned(cores)));
    await Promise.all(ports.map(listening));
    return backends;
  }

  /**
   * What has been counted, once all has come: a proxy may still pass on what its client no longer waits for,
   * and that must not count for the next one.
   */
  async counts(): Promise<Counts> {
    for (let last = await this.#countsNow();;) {
      await new Promise((resolve) => setTimeout(resolve, QUIET));
      const now = await this.#countsNow();
      if (now.right === last.right && now.wrong === last.wrong) return now;
      last = now;
    }
  }

  async #countsNow(): Promise<Counts> {
    return await (await fetch(`http://127.0.0.1:${this.ports[0]}/counts`)).json();
  }

  /** What was counted while something was done. */
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
