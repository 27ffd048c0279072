/** How much memory each contender takes: each time in a process that has just begun. */
import { complain } from "../../../lib/logging/log.ts";
import type { Contender, Started, TestBed } from "./test_bed.ts";
import { ClientConnection, HEAD_ROOM } from "./client_connection.ts";
import { memoryOf, mostMemory } from "./memory.ts";
import { rotated, type RunOf } from "./runs.ts";
import { WORKLOADS } from "./workloads.ts";
import { runWrk } from "./wrk.ts";

/** In bytes. */
export interface MemoryRun extends RunOf {
  readonly idle: number;
  /**
   * The most during a burst; not one that is measured otherwise, as to look at the memory holds the process
   * up.
   */
  readonly loaded: number;
  readonly perThousand: number;
}

/** How long a process may take to give back what it does not need, in milliseconds. */
const SETTLE = 2_000;
/** Idle connections, of which each has carried one request. */
const IDLE = 2_000;

const SMALL = WORKLOADS.find(({ key }) => key === "small")!;

export async function measureMemories(
  bed: TestBed,
  contenders: readonly Contender[],
): Promise<MemoryRun[]> {
  const { rounds } = bed.options;
  const runs: MemoryRun[] = [];
  for (let round = 1; round <= rounds; round++) {
    complain(`Memory, round ${round} of ${rounds}`);
    for (const contender of rotated(contenders, round)) {
      await using started = await bed.start(contender);
      if (started !== undefined) runs.push(await measure(bed, started, round));
    }
  }
  return runs;
}

async function measure(bed: TestBed, started: Started, round: number): Promise<MemoryRun> {
  const { contender: { proxy, workers }, pid, site } = started;
  const { connections, seconds, cores } = bed.options;
  await settle();
  const idle = memoryOf(pid);
  const burst = runWrk({
    ...{ url: `http://127.0.0.1:${site.port}`, workload: SMALL, connections, seconds },
    ...{ cores: cores.load, directory: site.directory },
  });
  const loaded = await mostMemory(pid, burst);
  await settle();
  const perThousand = await memoryOfIdle(bed, started) * 1000 / IDLE;
  return { proxy: proxy.key, workers, workload: SMALL.key, round, idle, loaded, perThousand };
}

/** What all idle connections take, in bytes; less than nothing where more was given back meanwhile. */
async function memoryOfIdle(bed: TestBed, { pid, site, contender }: Started): Promise<number> {
  using connections = new DisposableStack();
  const buffer = new Uint8Array(HEAD_ROOM + SMALL.answer.length);
  const wrong: string[] = [];
  const before = memoryOf(pid);
  for (let count = 0; count < IDLE; count++) {
    const connection = connections.use(
      await ClientConnection.open(site.port, SMALL, undefined, buffer),
    );
    wrong.push(...[(await connection.exchange()).wrong].filter((one) => one !== undefined));
  }
  await settle();
  bed.note(contender, "idle connections", wrong);
  return memoryOf(pid) - before;
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE));
}
