/**
 * Repeatable randomness. One seed gives several independent streams, so that the number of values
 * drawn from one of them never changes the values of another.
 */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/**
 * How many jumps of 2^64 values each stream starts behind the seed's first state. None starts at 0:
 * the first values there are almost the same for seeds that differ in one bit, and a jump mixes the
 * state.
 */
const JUMPS = { arrivals: 1, pool: 2, probes: 3, connectChecks: 4 } as const;

/**
 * @param seed 0 to 2^32 - 1
 * @returns a function that draws uniform values from 0 up to, not including, 1
 */
export function createRandomStream(seed: number, name: keyof typeof JUMPS): () => number {
  const generator = xoroshiro128plus(seed);
  for (let i = 0; i < JUMPS[name]; i++) generator.jump();
  return () => uniformFloat64(generator);
}
