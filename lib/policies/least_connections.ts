/**
 * Least connections: the candidate with the fewest requests in flight for its weight; of several, one
 * by chance, with its weight. For requests that take very different times.
 *
 * With weights, "fewest" must not be taken to the letter: of weights 10 and 1 the lighter one would
 * get every other request of a quiet service, for nothing is less than a tenth. So all those tie that
 * have less, for their weight, than any would have with this request. With equal weights these are
 * the ones with the fewest, and no others.
 */
import type { Backend } from "../backends/backend.ts";
import { draw, type WeightClass, weightClasses } from "../backends/weight_classes.ts";
import type { Policy } from "./policy.ts";

/** How often chance is asked for one of those that tie before they are looked for. */
const TIE_DRAWS = 16;

export const leastConnections: Policy = {
  prefersIdle: true,
  pick(candidates, { random }) {
    const { classes } = weightClasses(candidates);
    const least = leastLoad(classes);
    for (let i = 0; i < TIE_DRAWS; i++) {
      const backend = draw(candidates, random);
      if (backend.inFlight < limitAt(least, backend.weight)) return backend;
    }
    return drawBelow(least, classes, random);
  },
};

/** What one has in flight, and for how much weight: a fraction, for quotients do not compare exactly. */
interface Load {
  readonly inFlight: number;
  readonly weight: number;
}

/** What the best of them would have with this request. */
function leastLoad(classes: readonly WeightClass[]): Load {
  let least: Load = { inFlight: Infinity, weight: 1 };
  for (const weightClass of classes) {
    const { weight } = weightClass;
    const inFlight = fewestInFlight(weightClass) + 1;
    if (inFlight * least.weight < least.inFlight * weight) least = { inFlight, weight };
  }
  return least;
}

/** From how many in flight on one of this weight has no less than that. */
function limitAt(load: Load, weight: number): number {
  return Math.ceil(load.inFlight * weight / load.weight);
}

/** By index: that is a third faster than `for of`, and there may be a thousand. */
function fewestInFlight({ members }: WeightClass): number {
  let fewest = members[0]!.inFlight;
  for (let i = 1; i < members.length && fewest > 0; i++) {
    const { inFlight } = members[i]!;
    if (inFlight < fewest) fewest = inFlight;
  }
  return fewest;
}

/**
 * One of those below a load, each with its weight. Looks at all of them once: each one that is below
 * takes the place of those before it with the chance of its weight among theirs. At which weight that
 * happens next is drawn ahead, so chance is asked a few times and not a thousand.
 */
function drawBelow(
  load: Load,
  classes: readonly WeightClass[],
  random: () => number,
): Backend {
  let drawn = classes[0]!.members[0]!;
  let weightSoFar = 0;
  let replacedAt = 0;
  for (const { weight, members } of classes) {
    const limit = limitAt(load, weight);
    for (let i = 0; i < members.length; i++) {
      const backend = members[i]!;
      if (backend.inFlight >= limit) continue;
      weightSoFar += weight;
      if (weightSoFar <= replacedAt) continue;
      replacedAt = weightSoFar / random();
      drawn = backend;
    }
  }
  return drawn;
}
