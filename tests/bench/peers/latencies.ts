/** Measures the latency of each contender, and that without a proxy, at constant rates. */
import { complain } from "../../../lib/logging/log.ts";
import type { Noise } from "./noise.ts";
import { type Latency, runOpenLoop } from "./open_loop.ts";
import { rotate, type RunKey } from "./runs.ts";
import { nameOf, type Started, type TestBed } from "./test_bed.ts";
import { WORKLOADS } from "./workloads.ts";

export interface LatencyRun extends RunKey, Omit<Latency, "wrong"> {
  /** Requests a second. */
  readonly rate: number;
  readonly noise: Noise;
}

/** Stands for the proxy in runs in which the load connects to a backend itself. */
export const NO_PROXY = "none";

export const LATENCY_WORKLOAD = WORKLOADS.find(({ key }) => key === "small")!;

/** Load before each measurement, in seconds. */
const WARMUP_S = 1;

/** What is loaded: a contender, or a backend. */
interface Target {
  readonly proxy: string;
  readonly name: string;
  readonly workers: number;
  readonly port: number;
  readonly pid: number | undefined;
  readonly cores: readonly number[];
}

/** @param program go_load, as it was built */
export async function measureLatencies(
  bed: TestBed,
  all: readonly Started[],
  program: string,
): Promise<LatencyRun[]> {
  const { rounds, rates, cores } = bed.options;
  const backend: Target = {
    ...{ proxy: NO_PROXY, name: "No proxy", workers: 0 },
    ...{ port: bed.backends.ports[0]!, pid: undefined, cores: cores.one },
  };
  const targets = [backend, ...all.map(toTarget)];
  const runs: LatencyRun[] = [];
  for (let round = 1; round <= rounds; round++) {
    complain(`Latency, round ${round} of ${rounds}`);
    for (const rate of rates) {
      for (const target of rotate(targets, round)) {
        runs.push(await measure(bed, target, program, rate, round));
      }
    }
  }
  return runs;
}

function toTarget({ contender, site, pid }: Started): Target {
  const { proxy, workers, cores } = contender;
  return { proxy: proxy.key, name: nameOf(contender), workers, port: site.port, pid, cores };
}

async function measure(
  bed: TestBed,
  { proxy, name, workers, port, pid, cores }: Target,
  program: string,
  rate: number,
  round: number,
): Promise<LatencyRun> {
  const { latencySeconds, connections, cores: { load } } = bed.options;
  const plan = {
    ...{ port, workload: LATENCY_WORKLOAD, rate, connections },
    ...{ seconds: latencySeconds, warmup: WARMUP_S },
  };
  const [{ wrong, ...latency }, { noise }] = await bed.used(
    { pid, cores },
    () => runOpenLoop(program, plan, load),
  );
  bed.note(name, `latency at ${rate} requests per second`, wrong);
  return { proxy, workers, workload: LATENCY_WORKLOAD.key, round, rate, ...latency, noise };
}
