/** One run of the policy bench: one policy under the load, once. */
import type { PolicyName } from "../../../lib/config/model.ts";
import { seeded } from "../../support/random.ts";
import { RIGHT } from "../outages/client_pool.ts";
import { now, sleepUntil } from "../outages/load.ts";
import type { Done } from "./backends.ts";
import { sendLoad } from "./load.ts";
import { quantile, quantiles } from "../quantiles.ts";
import { Site } from "./site.ts";

export interface Load {
  /** Requests a second. */
  readonly rate: number;
  /** How long is measured, in seconds, and how long before that is not. */
  readonly seconds: number;
  readonly warmup: number;
}

/** Which quantiles of the latencies are taken. */
export const SHARES = [0.5, 0.9, 0.99, 0.999] as const;

export interface Run {
  readonly policy: PolicyName;
  /** The {@linkcode SHARES} of all latencies, in milliseconds. */
  readonly latencies: readonly number[];
  /** What part of the requests each backend got, 0 to 1. */
  readonly received: readonly number[];
  /** What each backend has done, the warm-up included. */
  readonly done: readonly Done[];
  /** By how much the load was late with one request in a hundred, in milliseconds. */
  readonly late: number;
  /** What was not right, the warm-up included. */
  readonly wrong: readonly string[];
  /** Whether the balancer had a core of its own. */
  readonly pinned: boolean;
}

/** @param seed makes the arrivals and the service times: one seed, the same for each policy */
export async function run(
  policy: PolicyName,
  { rate, seconds, warmup }: Load,
  seed: number,
): Promise<Run> {
  await using site = await Site.open(policy, seed);
  const begin = now();
  const from = begin + warmup * 1000;
  const end = from + seconds * 1000;
  const load = sendLoad({ port: site.port, begin, end, rate, random: seeded(seed) });
  const before = sleepUntil(from).then(() => site.done());
  const [sent, earlier] = await Promise.all([load, before]);
  const done = await site.done();

  const measured = sent.filter(({ due }) => due >= from);
  const requests = done.map(({ requests }, index) => requests - earlier[index]!.requests);
  const total = requests.reduce((sum, count) => sum + count, 0);
  return {
    policy,
    latencies: quantiles(measured.map(({ took }) => took), SHARES),
    received: requests.map((count) => count / total),
    done,
    late: quantile(measured.map(({ late }) => late), 0.99),
    wrong: sent.map(({ result }) => result).filter((result) => result !== RIGHT),
    pinned: site.pinned,
  };
}
