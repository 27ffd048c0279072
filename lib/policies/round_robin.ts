/**
 * Round robin: the candidates in the order of the list, one turn each.
 *
 * With weights, turns are interleaved as nginx's smooth weighted round robin does: 5, 1, 1 gives
 * a a b a c a a, not a a a a a b c. The schedule depends on the list alone, so it is computed once
 * per list and the wrapping counter walks it.
 */
import type { Backend } from "../backend.ts";
import type { Policy } from "./mod.ts";

const schedules = new WeakMap<readonly Backend[], readonly Backend[]>();

export const roundRobin: Policy = {
  cycle: (backends) => scheduleOf(backends).length,
  pick(candidates, { turn }) {
    const schedule = scheduleOf(candidates);
    return schedule[turn % schedule.length]!;
  },
};

function scheduleOf(backends: readonly Backend[]): readonly Backend[] {
  let schedule = schedules.get(backends);
  if (schedule === undefined) schedules.set(backends, schedule = smooth(backends));
  return schedule;
}

/** Every step each backend gains its weight, the richest is picked and pays the sum of all. */
function smooth(backends: readonly Backend[]): readonly Backend[] {
  const unit = backends.map((backend) => backend.weight).reduce(greatestCommonDivisor, 0);
  const shares = backends.map((backend) => backend.weight / unit);
  const sum = shares.reduce((total, share) => total + share, 0);
  const credit = shares.map(() => 0);
  return Array.from({ length: sum }, () => {
    shares.forEach((share, index) => credit[index]! += share);
    const richest = credit.indexOf(Math.max(...credit));
    credit[richest]! -= sum;
    return backends[richest]!;
  });
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
