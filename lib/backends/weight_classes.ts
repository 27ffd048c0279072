/**
 * Backends grouped by weight. There are at most a hundred weights, so a policy can draw by weight quickly,
 * and compare the load of a thousand backends without a multiplication for each.
 */
import type { Backend } from "./backend.ts";

/** The backends of one weight, in the order of the list. */
export interface WeightClass {
  readonly weight: number;
  readonly members: readonly Backend[];
  /** The sum of their weights. */
  readonly total: number;
}

export interface WeightClasses {
  readonly classes: readonly WeightClass[];
  readonly total: number;
}

const cache = new WeakMap<readonly Backend[], WeightClasses>();

/** The classes of a list of backends, computed once for each list. */
export function weightClasses(backends: readonly Backend[]): WeightClasses {
  let classes = cache.get(backends);
  if (classes === undefined) cache.set(backends, classes = groupByWeight(backends));
  return classes;
}

function groupByWeight(backends: readonly Backend[]): WeightClasses {
  const byWeight = new Map<number, Backend[]>();
  for (const backend of backends) {
    const members = byWeight.get(backend.weight);
    if (members === undefined) byWeight.set(backend.weight, [backend]);
    else members.push(backend);
  }
  const classes = [...byWeight].map(([weight, members]) => (
    { weight, members, total: weight * members.length }
  ));
  return { classes, total: classes.reduce((sum, { total }) => sum + total, 0) };
}

/** Maps a whole number, 0 or more, to a backend, so that each gets numbers in proportion to its weight. */
export function pickByNumber(backends: readonly Backend[], number: number): Backend {
  const classes = weightClasses(backends);
  return backendAt(classes, number % classes.total);
}

/** Draws a backend at random, by weight. @param random 0 up to 1 */
export function draw(backends: readonly Backend[], random: () => number): Backend {
  const classes = weightClasses(backends);
  return backendAt(classes, Math.floor(random() * classes.total));
}

/**
 * Draws two different backends at random, by weight.
 *
 * @param random 0 up to 1
 * @returns undefined as the second one if there is only one
 */
export function drawTwo(
  backends: readonly Backend[],
  random: () => number,
): readonly [Backend, Backend | undefined] {
  const classes = weightClasses(backends);
  const start = findStart(classes, Math.floor(random() * classes.total));
  const first = backendAt(classes, start);
  if (backends.length === 1) return [first, undefined];
  // The second is drawn from what is left of the scale when the first one's stretch is cut out.
  const place = Math.floor(random() * (classes.total - first.weight));
  return [first, backendAt(classes, place < start ? place : place + first.weight)];
}

/** The backend at a place on the scale on which all have a stretch as long as their weight, end to end. */
function backendAt({ classes }: WeightClasses, place: number): Backend {
  let rest = place;
  for (const { weight, members, total } of classes) {
    if (rest < total) return members[Math.floor(rest / weight)]!;
    rest -= total;
  }
  throw new RangeError(`Cannot draw a backend as there is none at ${place}`);
}

/** Where the stretch begins that a place on the scale lies in. */
function findStart({ classes }: WeightClasses, place: number): number {
  let before = 0;
  for (const { weight, total } of classes) {
    const rest = place - before;
    if (rest < total) return before + rest - rest % weight;
    before += total;
  }
  return before;
}
