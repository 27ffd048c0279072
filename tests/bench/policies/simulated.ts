/** What the simulator says for the backends and the load of the policy bench. */
import { ROOT } from "../processes.ts";
import { quantile } from "../quantiles.ts";
import type { Load } from "./run.ts";
import { BACKENDS } from "./setup.ts";

/** Latencies, in milliseconds. */
export interface Simulated {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** By the name of the policy; without those under which nothing was answered in some run. */
export type Simulation = ReadonlyMap<string, Simulated>;

/** The part of its output that is used here. */
interface Output {
  readonly policies: readonly { readonly policy: string; readonly latency: Simulated | null }[];
}

/** How many runs of that length there are, of which the medians are taken. */
const SEEDS = 9;

export async function simulate(load: Load): Promise<Simulation> {
  const runs: Output[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) runs.push(await simulateOnce(load, seed));
  return new Map(runs[0]!.policies.flatMap(({ policy }) => {
    const latencies = runs.flatMap(({ policies }) =>
      policies.find((one) => one.policy === policy)?.latency ?? []
    );
    if (latencies.length < SEEDS) return [];
    const median = (share: keyof Simulated) => quantile(latencies.map((one) => one[share]), 0.5);
    return [[policy, { p50: median("p50"), p90: median("p90"), p99: median("p99") }]];
  }));
}

async function simulateOnce({ rate, seconds, warmup }: Load, seed: number): Promise<Output> {
  const backends = BACKENDS.map(({ median, sigma, capacity }) =>
    `lognormal(${median}ms,${sigma}) capacity=${capacity}`
  );
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", `--config=${ROOT}deno.json`, `${ROOT}main.ts`],
      ...["simulate", "--compare", "--json", "--seed", String(seed)],
      ...["--rate", String(rate), "--requests", String(Math.round(rate * (warmup + seconds)))],
      ...["--backends", backends.join(";"), "--set", "EJECT_AFTER=off"],
    ],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr).trim()); // which says what could not be done
  return JSON.parse(decoder.decode(stdout));
}
