/** Load on a policy without a pool: picks, what they have in flight, and the time that passes meanwhile. */
import type { Backend } from "../../lib/backends/backend.ts";
import type { Policy } from "../../lib/policies/policy.ts";
import { answered, facts } from "./fakes.ts";

export interface LoadOptions {
  readonly policy: Policy;
  readonly backends: readonly Backend[];
  readonly picks: number;
  /** Requests in flight all the time: each ends a number of picks after it began. */
  readonly inFlight: number;
  /** 0 up to 1. */
  readonly random: () => number;
  /** How long an answer takes, in milliseconds; 10 for all, where nothing is said. */
  readonly latency?: (backend: Backend, now: number) => number;
  /** Between two picks, in milliseconds. */
  readonly interval?: number;
}

/** How often each backend is picked. Each request comes from a client of its own. */
export function countsUnder(options: LoadOptions): Map<Backend, number> {
  const { policy, backends, picks, inFlight, random, latency = () => 10, interval = 1 } = options;
  const counts = new Map(backends.map((backend) => [backend, 0]));
  const under: Backend[] = [];
  const outcome = answered("ok");
  const anyone = facts();
  for (let turn = 0; turn < picks; turn++) {
    const now = turn * interval;
    const request = { ...anyone, clientAddress: `192.0.2.${turn}` };
    const backend = policy.pick(backends, { request, turn, number: 1, now, random });
    counts.set(backend, counts.get(backend)! + 1);
    const milliseconds = latency(backend, now);
    policy.observe?.(backend, { request, outcome, milliseconds, now });
    backend.acquire();
    under.push(backend);
    if (under.length > inFlight) under.shift()!.release();
  }
  for (const backend of under) backend.release();
  return counts;
}
