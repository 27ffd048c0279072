/**
 * Round robin: the candidates in the order of the list, one turn each.
 *
 * With weights, turns are interleaved as nginx's smooth weighted round robin does: 5, 1, 1 gives
 * a a b a c a a, not a a a a a b c. The schedule depends on the list alone, so it is computed once
 * per list and the wrapping counter walks it.
 */
import type { Backend } from "../backends/backend.ts";
import { mixed } from "../backends/hash.ts";
import { fallsTo, weightClasses } from "../backends/weight_classes.ts";
import type { PickContext, Policy } from "./policy.ts";

const schedules = new WeakMap<readonly Backend[], readonly Backend[]>();

export const roundRobin = {
  cycle: (backends: readonly Backend[]) => buildSchedule(backends).length,
  pick(candidates: readonly Backend[], { turn, number }: PickContext): Backend {
    if (number > 1) return fallsTo(candidates, scattered(turn, number));
    const schedule = buildSchedule(candidates);
    return schedule[turn % schedule.length]!;
  },
} satisfies Policy;

/**
 * A turn and the number of a pick as a number scattered over 0 to 2^32 - 1.
 *
 * Further picks need it: the turns on which a backend that is down is met are themselves regular, so
 * that `turn % length` over the others would hit the same one each time, or never. And no schedule is
 * made for them, as these candidates may never come together again.
 */
function scattered(turn: number, number: number): number {
  return mixed(turn ^ Math.imul(number, 0x9e3779b9));
}

function buildSchedule(backends: readonly Backend[]): readonly Backend[] {
  let schedule = schedules.get(backends);
  if (schedule === undefined) schedules.set(backends, schedule = smooth(backends));
  return schedule;
}

/**
 * Every step each backend gains its weight, the richest is picked and pays the sum of all; of several,
 * the first of the list. Those of one weight take turns, so only one of each weight need be looked at:
 * a thousand backends of any weights take milliseconds, not a second.
 */
function smooth(backends: readonly Backend[]): readonly Backend[] {
  const places = new Map(backends.map((backend, place) => [backend, place]));
  const { classes, total } = weightClasses(backends);
  const unit = classes.map(({ weight }) => weight).reduce(greatestCommonDivisor, 0);
  const queues = classes.map(({ weight, members }) => new Queue(weight, members));
  return Array.from({ length: total / unit }, () => {
    let richest = queues[0]!;
    for (const queue of queues) {
      queue.credit += queue.weight;
      if (queue.credit < richest.credit) continue;
      if (queue.credit > richest.credit || places.get(queue.head)! < places.get(richest.head)!) {
        richest = queue;
      }
    }
    return richest.take(total);
  });
}

/** Backends of one weight, waiting for their turns. */
class Queue {
  readonly weight: number;
  /** What the one in front has gained and not yet paid. */
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

  /** Takes the one in front, which pays; once each has, the first is in front again. */
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
