/**
 * Backends sorted by weight, so that a policy can draw by weight in next to no time and compare the load
 * of a thousand without a multiplication for each: there are a hundred weights at most.
 */
import type { Backend } from "./backend.ts";

/** The backends of one weight, in the order of their list. */
export interface WeightClass {
  readonly weight: number;
  readonly members: readonly Backend[];
  /** All their weight together. */
  readonly total: number;
}

export interface WeightClasses {
  readonly classes: readonly WeightClass[];
  readonly total: number;
}

const known = new WeakMap<readonly Backend[], WeightClasses>();

/** The classes of a list; made once for each list. */
export function weightClasses(backends: readonly Backend[]): WeightClasses {
  let classes = known.get(backends);
  if (classes === undefined) known.set(backends, classes = sorted(backends));
  return classes;
}

function sorted(backends: readonly Backend[]): WeightClasses {
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

/** The one that a number falls to, 0 or more and whole: each has as many of them as it weighs. */
export function fallsTo(backends: readonly Backend[], number: number): Backend {
  const classes = weightClasses(backends);
  return backendAt(classes, number % classes.total);
}

/** One of them by chance, each with its weight. @param random 0 up to 1 */
export function draw(backends: readonly Backend[], random: () => number): Backend {
  const classes = weightClasses(backends);
  return backendAt(classes, Math.floor(random() * classes.total));
}

/**
 * Two of them by chance, each with its weight, and never the same one twice.
 *
 * @param random 0 up to 1
 * @returns of one backend, only that
 */
export function drawTwo(
  backends: readonly Backend[],
  random: () => number,
): readonly [Backend, Backend | undefined] {
  const classes = weightClasses(backends);
  const start = startAt(classes, Math.floor(random() * classes.total));
  const first = backendAt(classes, start);
  if (backends.length === 1) return [first, undefined];
  // The second is drawn from what is left when the first one's stretch is cut out.
  const place = Math.floor(random() * (classes.total - first.weight));
  return [first, backendAt(classes, place < start ? place : place + first.weight)];
}

/** The backend in whose stretch a place is, a whole number: each has as many as it weighs, end to end. */
function backendAt({ classes }: WeightClasses, place: number): Backend {
  let rest = place;
  for (const { weight, members, total } of classes) {
    if (rest < total) return members[Math.floor(rest / weight)]!;
    rest -= total;
  }
  throw new RangeError(`Cannot draw a backend as there is none at ${place}`);
}

/** Where the stretch begins in which a place is. */
function startAt({ classes }: WeightClasses, place: number): number {
  let before = 0;
  for (const { weight, total } of classes) {
    const rest = place - before;
    if (rest < total) return before + rest - rest % weight;
    before += total;
  }
  return before;
}
