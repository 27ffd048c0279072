/**
 * Consistent hash: requests with the same key (`policy.on`) go to the same backend, as long as that is a
 * candidate. If a backend leaves, only its keys move, spread over all others; if one is added, it takes
 * its share of keys and no others move. All balancers with the same backends decide the same, in whatever
 * order these are listed: each backend has a claim on each key that depends only on its id and the key,
 * and the highest claim wins (rendezvous hashing, D. Thaler and C. Ravishankar, 1998; with weights,
 * J. Resch, 2015).
 *
 * Some keys get more requests than others. With `policy.balance`, a backend that has that many times the
 * mean in flight is passed over for the next highest claim (consistent hashing with bounded loads,
 * V. Mirrokni, M. Thorup and M. Zadimoghaddam, 2016).
 */
import type { Backend } from "../backends/backend.ts";
import { hashText } from "../backends/hash.ts";
import { type WeightClasses, weightClasses } from "../backends/weight_classes.ts";
import type { Policy, PolicyOptions } from "./policy.ts";

export function consistentHash({ hashKey, hashBalance }: PolicyOptions): Policy {
  return {
    pick(candidates, { request }) {
      const key = hashText(hashKey(request));
      const owner = findOwner(candidates, key, Infinity);
      if (hashBalance === Infinity || owner.inFlight === 0) return owner;

      const { total } = weightClasses(candidates);
      // The owner has room if all together have enough in flight: counting stops when that is certain.
      const enough = owner.inFlight * total / (hashBalance * owner.weight) - 1;
      let inFlight = 0;
      for (let i = 0; i < candidates.length && inFlight <= enough; i++) {
        inFlight += candidates[i]!.inFlight;
      }
      if (inFlight > enough) return owner;
      // The mean load per weight is below this limit, so at least one backend has room.
      return findOwner(candidates, key, hashBalance * (inFlight + 1) / total);
    },
  };
}

/**
 * The backend with the highest claim on a key, of those that have room.
 *
 * @param limit requests in flight per unit of weight from which on a backend is full; not all may be
 */
function findOwner(candidates: readonly Backend[], key: number, limit: number): Backend {
  const classes = weightClasses(candidates);
  const allSeeds = findSeeds(classes);
  let highest: Backend | undefined;
  let highestClaim = -Infinity;
  for (let place = 0; place < allSeeds.length; place++) {
    const { members, weight } = classes.classes[place]!;
    const seeds = allSeeds[place]!;
    const full = limit * weight;
    // Among equal weights the highest hash has the highest claim, which saves a logarithm for each.
    let first = -1;
    let firstHash = -1;
    for (let i = 0; i < members.length; i++) {
      const hash = hashClaim(key, seeds[2 * i]!, seeds[2 * i + 1]!);
      if (hash < firstHash || full !== Infinity && members[i]!.inFlight >= full) continue;
      if (hash === firstHash && members[i]!.id > members[first]!.id) continue;
      first = i;
      firstHash = hash;
    }
    const share = (firstHash + 0.5) / 2 ** 32;
    // All of this weight are full, or the upper bound of the claim is too low.
    if (first === -1 || weight / (1 - share) < highestClaim) continue;
    const backend = members[first]!;
    const claim = -weight / Math.log(share);
    if (claim > highestClaim || claim === highestClaim && backend.id < highest!.id) {
      highest = backend;
      highestClaim = claim;
    }
  }
  return highest!;
}

/** Hashes a key for one backend to 32 bits. The backend's 64 bits keep any two from agreeing on all keys. */
function hashClaim(key: number, seed: number, factor: number): number {
  const bits = Math.imul(key ^ seed, factor);
  const more = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  return (more ^ (more >>> 13)) >>> 0;
}

const cache = new WeakMap<WeightClasses, readonly Uint32Array[]>();

/** The hashes of all members, side by side for each class: a seed and an odd factor each. */
function findSeeds(classes: WeightClasses): readonly Uint32Array[] {
  let seeds = cache.get(classes);
  if (seeds === undefined) {
    seeds = classes.classes.map(({ members }) => {
      const numbers = new Uint32Array(2 * members.length);
      for (let i = 0; i < members.length; i++) numbers.set(members[i]!.hashes, 2 * i);
      return numbers;
    });
    cache.set(classes, seeds);
  }
  return seeds;
}
