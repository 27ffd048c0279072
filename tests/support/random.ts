/** Repeatable randomness for tests. */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** @returns a function that draws uniform values from 0 up to, not including, 1 */
export function seeded(seed: number): () => number {
  const generator = xoroshiro128plus(seed);
  generator.jump(); // without it, the first values are almost the same for seeds that are close
  return () => uniformFloat64(generator);
}
