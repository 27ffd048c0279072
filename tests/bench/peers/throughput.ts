/** Measures how many requests per second each contender handles, and the CPU time of each request. */
import { complain } from "../../../lib/logging/log.ts";
import {
  type Contender,
  nameOf,
  portFor,
  type Started,
  type TestBed,
  type Usage,
} from "./test_bed.ts";
import { type AnswerLength, check, checkBurst } from "./correctness.ts";
import type { Noise } from "./noise.ts";
import { rotate, type RunKey } from "./runs.ts";
import { type Workload, WORKLOADS } from "./workloads.ts";
import { type Burst, runWrk } from "./wrk.ts";

export interface ThroughputRun extends RunKey {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** CPU time of all processes of the proxy, per request. */
  readonly cpuMicroseconds: number;
  /** The share of its cores that it used, 0 to 1. */
  readonly busy: number;
  readonly noise: Noise;
}

/** One contender under one workload. */
interface Pair {
  readonly started: Started;
  readonly workload: Workload;
  readonly port: number;
  readonly length: AnswerLength;
}

export async function measureThroughput(
  bed: TestBed,
  all: readonly Started[],
): Promise<ThroughputRun[]> {
  const { rounds, workloads } = bed.options;
  const pairs: Pair[] = [];
  for (const workload of WORKLOADS.filter(({ key }) => workloads.includes(key))) {
    for (const started of all) pairs.push(...await prepare(bed, started, workload));
  }
  const runs: ThroughputRun[] = [];
  for (let round = 1; round <= rounds; round++) {
    complain(`Throughput, round ${round} of ${rounds}`);
    // By workload, so that measurements that are compared are close in time.
    for (const group of Map.groupBy(pairs, ({ workload }) => workload.key).values()) {
      for (const pair of rotate(group, round)) runs.push(await measure(bed, pair, round));
    }
  }
  return runs;
}

/** @returns an empty list if this contender does not support the workload, or fails at it, which is recorded */
async function prepare(bed: TestBed, started: Started, workload: Workload): Promise<Pair[]> {
  const port = portFor(started, workload);
  if (port === undefined) return [];
  const { wrong, length } = await check(
    port,
    workload,
    bed.backends,
    bed.certificate?.pem,
    namesClient(started.contender),
  );
  bed.note(nameOf(started.contender), workload.title, wrong);
  return wrong.length > 0 ? [] : [{ started, workload, port, length }];
}

/** Whether it is to send X-Forwarded-For. */
function namesClient({ proxy }: Contender): boolean {
  return proxy.withoutForwardedFor === undefined;
}

async function measure(bed: TestBed, pair: Pair, round: number): Promise<ThroughputRun> {
  const { started: { contender }, workload } = pair;
  const { seconds: length, warmup } = bed.options;
  // It was idle while the others had their turns, and what runs on V8 gives up code and memory then.
  await burst(bed, pair, warmup);
  const [{ requests, seconds }, { cpu, busy, noise }] = await burst(bed, pair, length);
  return {
    proxy: contender.proxy.key,
    workers: contender.workers,
    workload: workload.key,
    round,
    requests,
    requestsPerSecond: requests / seconds,
    cpuMicroseconds: cpu / 1000 / requests,
    busy,
    noise,
  };
}

/** @returns what wrk counted and what the proxy used; records what was wrong */
async function burst(bed: TestBed, pair: Pair, seconds: number): Promise<[Burst, Usage]> {
  const { started: { contender, pid, site }, workload, port, length } = pair;
  const { connections, cores } = bed.options;
  const load = {
    url: `${workload.isTls ? "https" : "http"}://127.0.0.1:${port}`,
    workload,
    connections,
    seconds,
    cores: cores.load,
    directory: site.directory,
  };
  const [[burst, usage], counts] = await bed.backends.during(() =>
    bed.used({ pid, cores: contender.cores }, () => runWrk(load))
  );
  const wrong = checkBurst(burst, counts, length, connections, namesClient(contender));
  bed.note(nameOf(contender), workload.title, wrong);
  return [burst, usage];
}
