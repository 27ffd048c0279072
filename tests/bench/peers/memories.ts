/** Measures the memory of each contender, each time in a new process. */
import { complain } from "../../../lib/logging/log.ts";
import { type Contender, nameOf, type Started, type TestBed } from "./test_bed.ts";
import { ClientConnection, MAX_HEAD_BYTES } from "./client_connection.ts";
import { measurePeakMemory, readMemory } from "./memory.ts";
import type { Options } from "./options.ts";
import { rotate, type RunKey } from "./runs.ts";
import { WORKLOADS } from "./workloads.ts";
import { runWrk } from "./wrk.ts";

/** In bytes. */
export interface MemoryRun extends RunKey {
  readonly idle: number;
  /** The most during a burst. Reading it slows the process down, so throughput is measured separately. */
  readonly loaded: number;
  readonly perThousand: number;
}

/** How long a process gets to free memory that it no longer needs. */
const SETTLE_MS = 2_000;
/** How many idle connections are opened; each carries one request first. */
const IDLE_CONNECTIONS = 2_000;

/** More rounds hardly change the figures, and memory takes longer to measure than anything else. */
const MAX_ROUNDS = 3;

const SMALL = WORKLOADS.find(({ key }) => key === "small")!;

export async function measureMemories(
  bed: TestBed,
  contenders: readonly Contender[],
): Promise<MemoryRun[]> {
  const rounds = memoryRounds(bed.options);
  const runs: MemoryRun[] = [];
  for (let round = 1; round <= rounds; round++) {
    complain(`Memory, round ${round} of ${rounds}`);
    for (const contender of rotate(contenders, round)) {
      await using started = await bed.start(contender);
      if (started !== undefined) runs.push(await measure(bed, started, round));
    }
  }
  return runs;
}

export function memoryRounds({ rounds }: Options): number {
  return Math.min(rounds, MAX_ROUNDS);
}

async function measure(bed: TestBed, started: Started, round: number): Promise<MemoryRun> {
  const { contender: { proxy, workers }, pid, site } = started;
  const { connections, seconds, cores } = bed.options;
  await settle();
  const idle = readMemory(pid);
  const burst = runWrk({
    ...{ url: `http://127.0.0.1:${site.port}`, workload: SMALL, connections, seconds },
    ...{ cores: cores.load, directory: site.directory },
  });
  const loaded = await measurePeakMemory(pid, burst);
  await settle();
  const perThousand = await measureIdleConnections(bed, started) * 1000 / IDLE_CONNECTIONS;
  return { proxy: proxy.key, workers, workload: SMALL.key, round, idle, loaded, perThousand };
}

/** @returns bytes of memory of all idle connections; negative if the process freed more than they need */
async function measureIdleConnections(
  bed: TestBed,
  { pid, site, contender }: Started,
): Promise<number> {
  using connections = new DisposableStack();
  const buffer = new Uint8Array(MAX_HEAD_BYTES + SMALL.answer.length);
  const wrong: string[] = [];
  const before = readMemory(pid);
  for (let count = 0; count < IDLE_CONNECTIONS; count++) {
    const connection = connections.use(
      await ClientConnection.open(site.port, SMALL, undefined, buffer),
    );
    wrong.push(...[(await connection.exchange()).wrong].filter((one) => one !== undefined));
  }
  await settle();
  bed.note(nameOf(contender), "idle connections", wrong);
  return readMemory(pid) - before;
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
