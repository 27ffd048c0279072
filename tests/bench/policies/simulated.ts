/** What the simulator says for the backends and the load of the policy bench. */
import { z } from "zod";
import { ROOT } from "../processes.ts";
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
const OUTPUT = z.object({
  policies: z.array(
    z.object({ policy: z.string(), p50: z.number(), p90: z.number(), p99: z.number() }),
  ),
});

/** @returns nothing by any name where there is no such command, or it fails */
export async function simulate({ rate, seconds, warmup }: Load): Promise<Simulation> {
  const backends = BACKENDS.map(({ median, sigma, capacity }) =>
    `lognormal(${median}ms,${sigma}) capacity=${capacity}`
  );
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--allow-read", `--config=${ROOT}deno.json`, `${ROOT}main.ts`],
      ...["simulate", "--compare", "--json", "--seed", "1"],
      ...["--rate", String(rate), "--requests", String(Math.round(rate * (warmup + seconds)))],
      ...["--backends", backends.join(";"), "--set", "EJECT_AFTER=off"],
    ],
    stdin: "null",
    stderr: "null",
  }).output();
  return success ? read(new TextDecoder().decode(stdout)) : new Map();
}

function read(json: string): Simulation {
  const { policies } = OUTPUT.parse(JSON.parse(json));
  return new Map(policies.map(({ policy, ...latencies }) => [policy, latencies]));
}
