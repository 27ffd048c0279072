/** What the simulator says for the backends and the load of the policy bench. */
import { ROOT } from "../processes.ts";
import { quantile } from "./quantiles.ts";
import type { Load } from "./run.ts";
import { BACKENDS } from "./setup.ts";

/** Latencies, in milliseconds. */
export interface Simulated {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** By the name of the policy. */
export type Simulation = ReadonlyMap<string, Simulated>;

/** The part of its output that is used here. */
interface Output {
  readonly policies: readonly { readonly policy: string; readonly latency: Simulated }[];
}

/** How many runs of that length there are, of which the medians are taken. */
const SEEDS = 9;

export async function simulate(load: Load): Promise<Simulation> {
  const runs: Output[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) runs.push(await simulateOnce(load, seed));
  const median = (policy: string, share: keyof Simulated) =>
    quantile(
      runs.map(({ policies }) => policies.find((one) => one.policy === policy)!.latency[share]),
      0.5,
    );
  return new Map(runs[0]!.policies.map(({ policy }) => [policy, {
    p50: median(policy, "p50"),
    p90: median(policy, "p90"),
    p99: median(policy, "p99"),
  }]));
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
  if (!success) throw new Error(`Cannot simulate: ${decoder.decode(stderr)}`);
  return JSON.parse(decoder.decode(stdout));
}
