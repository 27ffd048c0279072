/**
 * Chance that can be repeated: one seed gives several streams that know nothing of each other, so that
 * what one of them is asked for never changes what another gives.
 */
import { mixed } from "../../backends/hash.ts";

/** The streams of a simulation; each is one word of the generator's first state. */
export const STREAMS = { arrivals: 1, pool: 2, probes: 3 } as const;

/** Outputs that are thrown away at first, so that seeds that differ in one bit have nothing in common. */
const WARM_UP = 20;

/**
 * A stream of numbers, 0 up to 1: sfc32 of C. Doty-Humphrey's PractRand, a small fast counting generator
 * of 128 bits.
 *
 * @param seed 0 to 2^32 - 1
 */
export function stream(seed: number, name: keyof typeof STREAMS): () => number {
  let a = seed | 0;
  let b: number = STREAMS[name];
  let c = 0;
  let counter = 1;

  function next(): number {
    const output = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21 | c >>> 11) + output) | 0;
    return (output >>> 0) / 2 ** 32;
  }

  for (let i = 0; i < WARM_UP; i++) next();
  return next;
}

/**
 * The luck of one attempt, over 0 and under 1. It depends on nothing but these three, so that an attempt
 * has the same luck whichever backend it goes to, and under every policy.
 *
 * @param request its number
 * @param attempt its number, from 1
 */
export function quantileFor(seed: number, request: number, attempt: number): number {
  const bits = mixed(mixed(mixed(seed ^ 0x51ed270b) + request) + Math.imul(attempt, 0x9e3779b9));
  return (bits + 0.5) / 2 ** 32;
}
