/**
 * Round robin: the candidates in the order of the list, one turn each.
 *
 * With weights, turns are interleaved as in nginx's smooth weighted round robin: 5, 1, 1 gives
 * a a b a c a a, not a a a a a b c. The schedule depends only on the list, so it is computed once
 * per list, and the wrapping counter walks through it.
 */
import type { Backend } from "../backends/backend.ts";
import { mixed } from "../backends/hash.ts";
import { pickByNumber, weightClasses } from "../backends/weight_classes.ts";
import type { PickContext, Policy } from "./policy.ts";

const schedules = new WeakMap<readonly Backend[], readonly Backend[]>();

export const roundRobin = {
  cycle: (backends: readonly Backend[]) => findSchedule(backends).length,
  pick(candidates: readonly Backend[], { turn, number }: PickContext): Backend {
    if (number > 1) return pickByNumber(candidates, scatter(turn, number));
    const schedule = findSchedule(candidates);
    return schedule[turn % schedule.length]!;
  },
} satisfies Policy;

/**
 * Hashes a turn and the number of a pick to 0 to 2^32 - 1, for picks after a request's first.
 *
 * The turns on which a backend fails are regular themselves, so `turn % length` would send all its
 * retries to the same one of the others. And no schedule is computed for the candidates of a retry, as
 * the same list may never come again.
 */
function scatter(turn: number, number: number): number {
  return mixed(turn ^ Math.imul(number, 0x9e3779b9));
}

function findSchedule(backends: readonly Backend[]): readonly Backend[] {
  let schedule = schedules.get(backends);
  if (schedule === undefined) schedules.set(backends, schedule = interleave(backends));
  return schedule;
}

/**
 * Each step gives every backend a credit of its weight; the one with the most credit is picked and pays
 * the sum of all weights. If several have the most, the first of the list is picked. Backends of equal
 * weight take turns, so only one of each weight is compared: a schedule for a thousand backends takes
 * milliseconds, not a second.
 */
function interleave(backends: readonly Backend[]): readonly Backend[] {
  const places = new Map(backends.map((backend, place) => [backend, place]));
  const { classes, total } = weightClasses(backends);
  const unit = classes.map(({ weight }) => weight).reduce(greatestCommonDivisor, 0);
  const queues = classes.map(({ weight, members }) => new Queue(weight, members));
  return Array.from({ length: total / unit }, () => {
    let leading = queues[0]!;
    for (const queue of queues) {
      queue.credit += queue.weight;
      if (queue.credit < leading.credit) continue;
      if (queue.credit > leading.credit || places.get(queue.head)! < places.get(leading.head)!) {
        leading = queue;
      }
    }
    return leading.take(total);
  });
}

/** Backends of one weight, which take turns. */
class Queue {
  readonly weight: number;
  /** The credit of the backend at the head. */
  credit = 0;
  readonly #members: readonly Backend[];
  #place = 0;

  constructor(weight: number, members: readonly Backend[]) {
    this.weight = weight;
    this.#members = members;
  }

  get head(): Backend {
    return this.#members[this.#place]!;
  }

  /** Takes the backend at the head. Members pay in turn, so the common credit is reduced once all have. */
  take(price: number): Backend {
    const { head } = this;
    this.#place = (this.#place + 1) % this.#members.length;
    if (this.#place === 0) this.credit -= price;
    return head;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
