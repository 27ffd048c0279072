/** Measures the latency that each contender adds to requests at a constant rate. */
import { complain } from "../../../lib/logging/log.ts";
import { textOf } from "../../../lib/engines/tcp/http1/bytes.ts";
import { pinned } from "../cores.ts";
import { ROOT, spawn } from "../processes.ts";
import { portFor, type Started, type TestBed } from "./test_bed.ts";
import type { Noise } from "./noise.ts";
import type { Latency, Plan } from "./plan.ts";
import { rotate, type RunKey } from "./runs.ts";
import { type Workload, WORKLOADS } from "./workloads.ts";

export interface LatencyRun extends RunKey {
  /** Without a proxy, immediately before, and without TLS. */
  readonly direct: Latency;
  readonly through: Latency;
  readonly noise: Noise;
}

/** Load before each measurement, until connections are open and the load's own code is compiled. */
const WARMUP_S = 1;
const CONNECTIONS = 16;
const MAX_CONNECTIONS = 1024;

/** The load never sleeps, so it must yield to anything else on its core: see open_loop.ts. */
const IDLE_PRIORITY = ["chrt", "--idle", "0"];

export async function measureLatencies(
  bed: TestBed,
  all: readonly Started[],
): Promise<LatencyRun[]> {
  const { rounds, latencyWorkloads } = bed.options;
  const runs: LatencyRun[] = [];
  for (let round = 1; round <= rounds; round++) {
    complain(`Latency, round ${round} of ${rounds}`);
    for (const workload of WORKLOADS.filter(({ key }) => latencyWorkloads.includes(key))) {
      for (const started of rotate(all, round)) {
        runs.push(...await measure(bed, started, workload, round));
      }
    }
  }
  return runs;
}

/** @returns an empty list if this contender does not support the workload */
async function measure(
  bed: TestBed,
  started: Started,
  workload: Workload,
  round: number,
): Promise<LatencyRun[]> {
  const port = portFor(started, workload);
  if (port === undefined) return [];
  const { contender } = started;
  const plain = WORKLOADS.find(({ path, isTls }) => path === workload.path && !isTls)!;
  const direct = await load(bed, bed.backends.ports[0]!, plain);
  const [through, { noise }] = await bed.used(started, () => load(bed, port, workload));
  bed.note(contender, `${workload.title}, directly`, direct.wrong);
  bed.note(contender, `${workload.title}, latency`, through.wrong);
  const { proxy: { key }, workers } = contender;
  return [{ proxy: key, workers, workload: workload.key, round, direct, through, noise }];
}

function load(bed: TestBed, port: number, workload: Workload): Promise<Latency> {
  const { rate, seconds, cores } = bed.options;
  return runOpenLoop({
    port,
    workload: workload.key,
    authority: bed.certificate?.pem,
    rate,
    seconds,
    warmup: WARMUP_S,
    connections: CONNECTIONS,
    mostConnections: MAX_CONNECTIONS,
  }, cores.load);
}

async function runOpenLoop(plan: Plan, cores: readonly number[]): Promise<Latency> {
  const script = `${ROOT}tests/bench/peers/open_loop.ts`;
  const process = spawn([script, JSON.stringify(plan)], {}, "piped", [
    ...pinned(cores),
    ...IDLE_PRIORITY,
  ]);
  const { success, stdout } = await process.output();
  if (!success) throw new Error(`Cannot load port ${plan.port} as ${script} failed`);
  return JSON.parse(textOf(stdout));
}
