/** The backends of the policy bench: what both the measured and the simulated ones are made of. */

export interface BackendSetup {
  /** Service times are lognormal: half of them are longer than this, in milliseconds. */
  readonly median: number;
  /** The standard deviation of their logarithm. */
  readonly sigma: number;
  /** How many requests it works on at a time; others wait, first come first served. */
  readonly capacity: number;
}

const FAST: BackendSetup = { median: 20, sigma: 0.5, capacity: 8 };

/** One of four is five times slower: the last one. */
export const BACKENDS: readonly BackendSetup[] = [FAST, FAST, FAST, { ...FAST, median: 100 }];

/** What every request is answered with. */
export const ANSWER = "served\n";
