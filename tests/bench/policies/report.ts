/** What the runs of the policy bench come to: a row for each policy, and what is to be said of all. */
import type { PolicyName } from "../../../lib/config/model.ts";
import { median } from "../quantiles.ts";
import { compareOrder } from "./order.ts";
import { type Run, SHARES } from "./run.ts";
import type { Simulated, Simulation } from "./simulated.ts";

/** How late the load may start one request in a hundred before its figures are doubted, in milliseconds. */
const DOUBT = 5;

/** All rounds of one policy. */
export interface Row {
  readonly policy: PolicyName;
  /** The medians over the rounds of the {@linkcode SHARES}, in milliseconds. */
  readonly latencies: readonly number[];
  /** The 99th percentiles of all rounds, in milliseconds. */
  readonly p99: readonly number[];
  /** What part of the requests each backend got, 0 to 1; the median over the rounds. */
  readonly received: readonly number[];
  /** Undefined where nothing was answered in the simulation. */
  readonly simulated: Simulated | undefined;
}

export function groupRows(
  policies: readonly PolicyName[],
  runs: readonly Run[],
  simulation: Simulation,
): Row[] {
  return policies.map((policy) => {
    const rounds = runs.filter((run) => run.policy === policy);
    return {
      policy,
      latencies: computeMedians(rounds.map(({ latencies }) => latencies)),
      p99: rounds.map(({ latencies }) => latencies[SHARES.indexOf(0.99)]!),
      received: computeMedians(rounds.map(({ received }) => received)),
      simulated: simulation.get(policy),
    };
  });
}

/** Latencies in milliseconds, shares of the requests in percent. */
export function table(rows: readonly Row[]): string {
  const header = line(["policy", "p50", "p90", "p99", "p99.9", "p99 from - to"], [
    "per backend, last the slow",
    ...["simulated: p50", "p90", "p99"],
  ]);
  return [header, ...rows.map(written)].map((text) => `${text}\n`).join("");
}

/** What does not fit into rows, one line each. */
export function listNotes(rows: readonly Row[], runs: readonly Run[]): string[] {
  const [drawn, took] = (["drawn", "took"] as const).map((what) =>
    computeMedians(runs.map(({ done }) => done.map((backend) => backend[what]))).map(shown).join(
      " / ",
    )
  );
  const late = Math.max(...runs.map(({ late }) => late));
  const notes = [
    `service times, median: drawn ${drawn} ms, took ${took} ms`,
    ...describeOrder(rows),
    ...countWrong(runs),
  ];
  if (late > DOUBT) notes.push(`the load itself was late: by ${shown(late)} ms for 1 in 100`);
  if (!runs.every(({ pinned }) => pinned)) notes.push("the balancer had no core of its own");
  return notes;
}

function written({ policy, latencies, p99, received, simulated }: Row): string {
  const spread = `${shown(Math.min(...p99))} - ${shown(Math.max(...p99))}`;
  const shares = received.map((share) => (100 * share).toFixed(1)).join(" / ");
  return line([policy, ...latencies.map(shown), spread], [
    shares,
    ...(simulated === undefined
      ? ["nothing answered"]
      : [simulated.p50, simulated.p90, simulated.p99].map(shown)),
  ]);
}

function describeOrder(rows: readonly Row[]): string[] {
  const compared = rows.flatMap(({ policy, latencies, simulated }) => {
    const measured = latencies[SHARES.indexOf(0.99)]!;
    return simulated === undefined ? [] : [{ policy, measured, simulated: simulated.p99 }];
  });
  if (compared.length === 0) return ["no simulation to compare with"];
  const { decided, ties, contrary } = compareOrder(compared);
  if (contrary.length === 0) {
    return [`order by p99: as simulated, in all of ${decided} pairs; ${ties} more are ties`];
  }
  return contrary.map(([better, worse]) => `order by p99: ${better} is not better than ${worse}`);
}

/** How often each thing went wrong. */
function countWrong(runs: readonly Run[]): string[] {
  return runs.flatMap(({ policy, wrong }) =>
    [...Map.groupBy(wrong, (result) => result)].map(([result, { length }]) =>
      `${policy}: ${length} × ${result}`
    )
  );
}

/** The median of what is at each place of the lists. */
function computeMedians(lists: readonly (readonly number[])[]): number[] {
  return lists[0]!.map((_, place) => median(lists.map((list) => list[place]!)));
}

function shown(milliseconds: number): string {
  return milliseconds.toFixed(milliseconds < 1000 ? 1 : 0);
}

/** @param left what was measured @param right the shares, and what was simulated */
function line(left: readonly string[], right: readonly string[]): string {
  const [policy = "", ...latencies] = left;
  const [shares = "", ...simulated] = right;
  const spread = latencies.pop() ?? "";
  return [
    policy.padEnd(17),
    ...latencies.map((cell) => cell.padStart(8)),
    spread.padStart(16),
    shares.padStart(29),
    ...simulated.map((cell, place) => cell.padStart(place === 0 ? 18 : 8)),
  ].join("");
}
