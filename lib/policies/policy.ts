/** What a policy is: how the next backend is picked. */
import type { Backend } from "../backends/backend.ts";
import type { Outcome } from "../outcome.ts";
import type { RequestFacts } from "../request_facts.ts";

/** What a policy may look at, beside the candidates and what they have in flight. */
export interface PickContext {
  readonly request: RequestFacts;
  /** The request's turn on the pool's wrapping counter; a retry takes none and sees the upcoming one. */
  readonly turn: number;
  /** Which pick for this request it is, from 1. An attempt may take two: where the first is full, say. */
  readonly number: number;
  /** In milliseconds, on a clock that never goes back. */
  readonly now: number;
  /** 0 up to 1. */
  readonly random: () => number;
}

/** What an attempt came to, as a policy learns from it. */
export interface Observation {
  readonly request: RequestFacts;
  readonly outcome: Outcome<unknown>;
  /** From its beginning until it failed, or its answer began. */
  readonly milliseconds: number;
  readonly now: number;
}

export interface Policy {
  /** Picks one of the candidates: never empty, already without those tried. */
  pick(candidates: readonly Backend[], context: PickContext): Backend;
  /** After how many turns its picks over this list repeat; left out where it does not take turns. */
  cycle?(backends: readonly Backend[]): number;
  /** Whether it prefers backends with few in flight. One that fails at once has the fewest of all. */
  readonly prefersIdle?: boolean;
  /** Learns how long attempts take. A policy that does is given a clock of more than a tick's precision. */
  observe?(backend: Backend, observation: Observation): void;
}

/** What a user may say of how a policy picks; each takes what concerns it. */
export interface PolicyOptions {
  /** `HASH_ON`: what of a request decides where it goes. */
  readonly hashKey: (request: RequestFacts) => string;
  /** `HASH_BALANCE`: what a backend may have in flight, times the mean, 1 or more; Infinity sets no limit. */
  readonly hashBalance: number;
}
