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
  pick(candidates, { turn, number }) {
    if (number > 1) return atShare(candidates, scatter(turn, number));
    const schedule = scheduleOf(candidates);
    return schedule[turn % schedule.length]!;
  },
};

/**
 * A turn and the number of a pick as a number scattered over 0 to 2^32 - 1 (the finalizer of
 * MurmurHash3).
 *
 * Further picks need it: the turns on which a backend that is down is met are themselves regular, so
 * that `turn % length` over the others would hit the same one each time, or never.
 */
function scatter(turn: number, number: number): number {
  let bits = turn ^ Math.imul(number, 0x9e3779b9);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** The backend that a number falls to, where each has as many as its weight. No schedule is made: these
 * candidates may never come together again. */
function atShare(backends: readonly Backend[], number: number): Backend {
  const sum = backends.reduce((total, { weight }) => total + weight, 0);
  let place = number % sum;
  return backends.find(({ weight }) => (place -= weight) < 0)!;
}

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
