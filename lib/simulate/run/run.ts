/** One run of a scenario: the balancer's own proxy, pool and health rules on a virtual clock. */
import { Backend } from "../../backends/backend.ts";
import type { PolicyName } from "../../config/model.ts";
import { createPool } from "../../pool/create_pool.ts";
import type { Pool } from "../../pool/pool.ts";
import { TICK_MS } from "../../time/timer_wheel.ts";
import { createRandomStream } from "../scenario/random_streams.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { startConnectChecks } from "./connect_checks.ts";
import { EventQueue } from "./event_queue.ts";
import { startProbes } from "./probes.ts";
import { RequestFlow, type Server } from "./request_flow.ts";
import { SimulatedBackend } from "./simulated_backend.ts";
import { Statistics } from "./statistics.ts";
import type { Summary } from "./summary.ts";

/** Runs a scenario under a policy until all its requests have arrived and ended. */
export async function simulate(scenario: Scenario, policy: PolicyName): Promise<Summary> {
  const { config, seed, arrivals, durationMs } = scenario;
  const queue = new EventQueue();
  const names = scenario.backends.map(({ name }) => name);
  const statistics = new Statistics({ policy, names, requests: arrivals.count, durationMs });
  const servers = createServers(scenario);
  const pool = createSimulatedPool(scenario, policy, [...servers.keys()], queue, statistics);
  const requests = new RequestFlow({ scenario, queue, pool, servers, statistics });

  requests.start();
  startConnectChecks({
    queue,
    pool,
    servers,
    timeouts: config.pool.timeouts,
    random: createRandomStream(seed, "connectChecks"),
  });
  const { health } = config.pool;
  if (health?.path !== undefined) {
    const random = createRandomStream(seed, "probes");
    for (const [backend, { simulated }] of servers) {
      startProbes({ health, queue, pool, random }, backend, simulated);
    }
  }
  while (!requests.isOver) {
    queue.pop()!();
    if (requests.isActive) await requests.settle();
  }
  return statistics.summarize();
}

/** The backends of the pool, each with the simulated server behind it. */
function createServers({ backends }: Scenario): Map<Backend, Server> {
  return new Map(
    backends.map((spec, index) => [
      new Backend({ url: `http://${spec.name}`, weight: spec.weight }),
      { index, simulated: new SimulatedBackend(spec) },
    ]),
  );
}

function createSimulatedPool(
  { config, seed }: Scenario,
  policy: PolicyName,
  backends: readonly Backend[],
  queue: EventQueue,
  statistics: Statistics,
): Pool {
  return createPool({ ...config.pool, policy: { ...config.pool.policy, name: policy } }, {
    backends,
    isTrusted: () => false,
    clock: { now: () => queue.now - queue.now % TICK_MS, precisely: () => queue.now },
    random: createRandomStream(seed, "pool"),
    onEvent: ({ kind }) => {
      if (kind === "ejected") statistics.ejections++;
      if (kind === "down") statistics.downs++;
    },
  });
}
