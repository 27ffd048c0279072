/** Connect checks of simulated backends: the balancer's own, on the virtual clock. */
import type { Backend } from "../../backends/backend.ts";
import { ConnectChecks } from "../../health/connect_checks.ts";
import type { Pool } from "../../pool/pool.ts";
import { TICK_MS } from "../../time/timer_wheel.ts";
import { simulateAttempt, type Timeouts } from "./attempt.ts";
import type { EventQueue } from "./event_queue.ts";
import type { Server } from "./request_flow.ts";
import { INSTANT_REPLY_MS } from "./simulated_backend.ts";

/** What connect checks need of a run. */
export interface ConnectCheckContext {
  readonly queue: EventQueue;
  readonly pool: Pool;
  readonly servers: ReadonlyMap<Backend, Server>;
  readonly timeouts: Timeouts;
  /** 0 up to 1. */
  readonly random: () => number;
}

/** Begins what is due from now on, with each tick of the clock. */
export function startConnectChecks(context: ConnectCheckContext): void {
  const { queue, pool, servers, timeouts, random } = context;
  const checks = new ConnectChecks<Backend>({
    backends: () => pool.backends,
    now: () => queue.now,
    random,
    onCheck: (backend, failed) => pool.checked(backend, failed),
    connect(backend, done) {
      const { now } = queue;
      const reply = servers.get(backend)!.simulated.connect(now);
      if (reply === undefined) return queue.push(now + INSTANT_REPLY_MS, () => done(undefined));
      const { at, outcome } = simulateAttempt(reply, now, Infinity, timeouts);
      queue.push(at, () => done(outcome.kind === "failed" ? outcome : undefined));
    },
  });

  function tick(): void {
    checks.tick();
    queue.push(queue.now + TICK_MS, tick);
  }

  queue.push(queue.now + TICK_MS, tick);
}
