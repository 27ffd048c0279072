/** Probes of simulated backends: when they are sent, and what they find. */
import type { Backend } from "../../backends/backend.ts";
import type { HealthConfig } from "../../config/model.ts";
import { firstDelay, nextDelay } from "../../health/probe_schedule.ts";
import { isOneOf, type Statuses } from "../../http/status_ranges.ts";
import type { Pool } from "../../pool/pool.ts";
import { OUTCOMES } from "./attempt.ts";
import type { EventQueue } from "./event_queue.ts";
import type { Reply, SimulatedBackend } from "./simulated_backend.ts";

export interface ProbeResult {
  /** When the result is known, in milliseconds. */
  readonly at: number;
  readonly good: boolean;
  readonly reason: string;
}

/**
 * @param beganAt in milliseconds
 * @param timeoutMs of a probe
 * @param good the statuses of good probes
 */
export function simulateProbe(
  reply: Reply,
  beganAt: number,
  timeoutMs: number,
  good: Statuses,
): ProbeResult {
  const timeoutAt = beganAt + timeoutMs;
  if (reply.at > timeoutAt) {
    return { at: timeoutAt, good: false, reason: `no answer within ${timeoutMs} ms` };
  }
  const outcome = OUTCOMES[reply.kind];
  return outcome.kind === "answered"
    ? { at: reply.at, good: isOneOf(good, outcome.status), reason: `answered ${outcome.status}` }
    : { at: reply.at, good: false, reason: outcome.failure };
}

/** What probes need of a run. */
export interface ProbeContext {
  readonly health: HealthConfig;
  readonly queue: EventQueue;
  readonly pool: Pool;
  /** 0 up to 1. */
  readonly random: () => number;
}

/** Probes a backend from now on, with the delays of the balancer's own prober. */
export function startProbes(
  { health, queue, pool, random }: ProbeContext,
  backend: Backend,
  simulated: SimulatedBackend,
): void {
  const { interval, timeout, status } = health;

  function probe(): void {
    const beganAt = queue.now;
    const reply = simulated.probe(beganAt);
    const { at, good, reason } = simulateProbe(reply, beganAt, timeout, status);
    queue.push(at, () => {
      pool.probed(backend, good, reason);
      queue.push(beganAt + nextDelay(interval, random), probe);
    });
  }

  queue.push(queue.now + firstDelay(interval, random), probe);
}
