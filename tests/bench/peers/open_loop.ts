/**
 * The open-loop load of the peers bench, a separate process: requests are due at a fixed interval and start
 * when they are due, however many are in flight. Latency is measured from when a request was due to the last
 * byte of its response, so a proxy that stalls is charged for every request that was due meanwhile.
 *
 * Timers here are only precise to a millisecond, so it never sleeps: it reads the clock and runs the event
 * loop in turn, which keeps a core busy. If the backends share that core, start it under `chrt --idle 0`, so
 * that they get the core immediately; with `nice` they would wait for the rest of a time slice.
 *
 * Use: `deno run -A tests/bench/peers/open_loop.ts PLAN`, with a `Plan` of plan.ts as JSON; writes a `Latency`
 * as JSON.
 */
import { setImmediate } from "node:timers";
import { print } from "../../../lib/logging/log.ts";
import { quantiles } from "../quantiles.ts";
import { type Latency, type Plan, SHARES } from "./plan.ts";
import { ClientConnection } from "./client_connection.ts";
import { type Workload, WORKLOADS } from "./workloads.ts";

/** How long requests that are in flight at the end may take. */
const TIMEOUT_MS = 5_000;

/** When a request is due, in milliseconds of `performance.now()`, and whether it is measured. */
interface Due {
  readonly at: number;
  readonly isMeasured: boolean;
}

class OpenLoop {
  readonly #plan: Plan;
  readonly #workload: Workload;
  readonly #idle: ClientConnection[] = [];
  /** Requests that wait for a connection. */
  readonly #waiting: Due[] = [];
  readonly #latencies: number[] = [];
  readonly #late: number[] = [];
  readonly #wrong: string[] = [];
  #connections = 0;
  #underWay = 0;

  constructor(plan: Plan, workload: Workload) {
    this.#plan = plan;
    this.#workload = workload;
  }

  async run(): Promise<Latency> {
    const { connections } = this.#plan;
    for (let count = 0; count < connections; count++) this.#idle.push(await this.#dial());
    await this.#send();
    await this.#finish();
    return {
      requests: this.#late.length,
      quantiles: quantiles(this.#latencies, SHARES),
      late: quantiles(this.#late, [0.99])[0]!,
      connections: this.#connections,
      wrong: this.#wrong,
    };
  }

  async #send(): Promise<void> {
    const { rate, warmup, seconds } = this.#plan;
    const begin = performance.now();
    const from = begin + warmup * 1000;
    for (let sent = 0; sent < rate * (warmup + seconds);) {
      const at = begin + sent * 1000 / rate;
      if (performance.now() < at) {
        await turn();
        continue;
      }
      const due = { at, isMeasured: at >= from };
      if (due.isMeasured) this.#late.push(performance.now() - at);
      this.#start(due);
      sent++;
    }
  }

  async #finish(): Promise<void> {
    const end = performance.now() + TIMEOUT_MS;
    while (this.#underWay > 0 && performance.now() < end) await turn();
    this.#wrong.push(...Array(this.#underWay).fill(`no response within ${TIMEOUT_MS} ms`));
  }

  #start(due: Due): void {
    this.#underWay++;
    const connection = this.#idle.pop();
    if (connection !== undefined) this.#use(connection, due);
    else if (this.#connections < this.#plan.mostConnections) this.#useNew(due);
    else this.#waiting.push(due);
  }

  async #useNew(due: Due): Promise<void> {
    try {
      this.#use(await this.#dial(), due);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#connections--;
      this.#underWay--;
      this.#wrong.push(`no connection: ${error.message}`);
    }
  }

  async #use(connection: ClientConnection, due: Due): Promise<void> {
    const { wrong, at } = await connection.exchange();
    this.#underWay--;
    if (due.isMeasured) this.#latencies.push(at - due.at);
    const next = this.#waiting.shift();
    if (wrong === undefined) {
      if (next === undefined) this.#idle.push(connection);
      else this.#use(connection, next);
      return;
    }
    this.#wrong.push(wrong);
    connection[Symbol.dispose]();
    this.#connections--;
    if (next !== undefined) this.#useNew(next);
  }

  #dial(): Promise<ClientConnection> {
    this.#connections++;
    return ClientConnection.open(this.#plan.port, this.#workload, this.#plan.authority);
  }
}

/** Runs the event loop once, without waiting. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const plan: Plan = JSON.parse(Deno.args[0]!);
const workload = WORKLOADS.find(({ key }) => key === plan.workload)!;
print(JSON.stringify(await new OpenLoop(plan, workload).run()));
Deno.exit(); // connections are still open
