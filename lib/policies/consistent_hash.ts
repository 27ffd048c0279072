/**
 * Consistent hash: requests with the same key (`HASH_ON`) go to the same backend, as long as that is a
 * candidate. Where one leaves, only its keys move, and to all others alike; where one comes, it takes
 * its share and nothing else moves. Every balancer with the same backends decides alike, whatever the
 * order of their lists, for each backend's claim on a key depends on its id and the key alone: the
 * highest claim wins (rendezvous hashing, D. Thaler and C. Ravishankar, 1998; weights as J. Resch has
 * them, 2015).
 *
 * Some keys are asked for more than others. With `HASH_BALANCE` a backend that has so many times the
 * mean in flight is passed over for the next highest claim (consistent hashing with bounded loads,
 * V. Mirrokni, M. Thorup and M. Zadimoghaddam, 2016).
 */
import type { Backend } from "../backends/backend.ts";
import { hashOf } from "../backends/hash.ts";
import { type WeightClasses, weightClasses } from "../backends/weight_classes.ts";
import type { Policy, PolicyOptions } from "./policy.ts";

export function consistentHash({ hashKey, hashBalance }: PolicyOptions): Policy {
  return {
    pick(candidates, { request }) {
      const key = hashOf(hashKey(request));
      const owner = highest(candidates, key, Infinity);
      if (hashBalance === Infinity || owner.inFlight === 0) return owner;

      const { total } = weightClasses(candidates);
      // Whether the owner has room depends on what all have in flight, often on a part of it already.
      const enough = owner.inFlight * total / (hashBalance * owner.weight) - 1;
      let inFlight = 0;
      for (let i = 0; i < candidates.length && inFlight <= enough; i++) {
        inFlight += candidates[i]!.inFlight;
      }
      if (inFlight > enough) return owner;
      // All together have less than this for all their weight, so one of them has room.
      return highest(candidates, key, hashBalance * (inFlight + 1) / total);
    },
  };
}

/**
 * The backend with the highest claim on a key.
 *
 * @param limit what one may have in flight for each unit of its weight; it must leave room somewhere
 */
function highest(candidates: readonly Backend[], key: number, limit: number): Backend {
  const classes = weightClasses(candidates);
  const allSeeds = seedsOf(classes);
  let highest: Backend | undefined;
  let highestClaim = -Infinity;
  for (let place = 0; place < allSeeds.length; place++) {
    const { members, weight } = classes.classes[place]!;
    const seeds = allSeeds[place]!;
    const full = limit * weight;
    // Among equals the hash alone decides, which saves a logarithm for each.
    let first = -1;
    let firstHash = -1;
    for (let i = 0; i < members.length; i++) {
      const hash = hashFor(key, seeds[2 * i]!, seeds[2 * i + 1]!);
      if (hash < firstHash || full !== Infinity && members[i]!.inFlight >= full) continue;
      if (hash === firstHash && members[i]!.id > members[first]!.id) continue;
      first = i;
      firstHash = hash;
    }
    const share = (firstHash + 0.5) / 2 ** 32;
    // All of this weight are full, or the claim, which is never more than this, is too low.
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

/** 32 bits out of a key, and out of twice as many of a backend's, so that no two are always alike. */
function hashFor(key: number, seed: number, factor: number): number {
  const bits = Math.imul(key ^ seed, factor);
  const more = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  return (more ^ (more >>> 13)) >>> 0;
}

const known = new WeakMap<WeightClasses, readonly Uint32Array[]>();

/** For each class two numbers for each member, made of its id: a seed and an odd factor. */
function seedsOf(classes: WeightClasses): readonly Uint32Array[] {
  let seeds = known.get(classes);
  if (seeds === undefined) {
    seeds = classes.classes.map(({ members }) => {
      const numbers = new Uint32Array(2 * members.length);
      for (let i = 0; i < members.length; i++) numbers.set(members[i]!.hashes, 2 * i);
      return numbers;
    });
    known.set(classes, seeds);
  }
  return seeds;
}
