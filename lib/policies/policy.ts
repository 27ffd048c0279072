/** The contract of a policy: it decides which backend is picked next. */
import type { Backend } from "../backends/backend.ts";
import type { Outcome } from "../outcome.ts";
import type { RequestFacts } from "../request_facts.ts";

/** What a policy may use for a pick, besides the candidates and their requests in flight. */
export interface PickContext {
  readonly request: RequestFacts;
  /** The request's turn on the pool's wrapping counter. A retry takes no turn and sees the upcoming one. */
  readonly turn: number;
  /** Which pick for this request it is, from 1. An attempt may need two, if the first pick is full. */
  readonly number: number;
  /** In milliseconds, on a clock that never goes back. */
  readonly now: number;
  /** 0 up to 1. */
  readonly random: () => number;
}

/** An attempt's outcome, for a policy to learn from. */
export interface Observation {
  readonly request: RequestFacts;
  readonly outcome: Outcome<unknown>;
  /** How long the attempt took until it failed, or its response began. */
  readonly milliseconds: number;
  /** In milliseconds, on a clock that never goes back. */
  readonly now: number;
}

export interface Policy {
  /** Picks one of the candidates: a list that is not empty, without backends that the request has tried. */
  pick(candidates: readonly Backend[], context: PickContext): Backend;
  /** After how many turns its picks from these backends repeat; omitted if it does not use turns. */
  cycle?(backends: readonly Backend[]): number;
  /** Whether it prefers backends with few requests in flight; by default it does not. */
  readonly prefersIdle?: boolean;
  /** Learns from attempts. The pool measures how long they take only for policies that have this. */
  observe?(backend: Backend, observation: Observation): void;
}

/** Settings of the policies; each uses those that concern it. */
export interface PolicyOptions {
  /** `policy.on`: returns the part of a request that decides where it goes. */
  readonly hashKey: (request: RequestFacts) => string;
  /** `policy.balance`: how many times the mean a backend may have in flight, 1 or more; Infinity: no limit. */
  readonly hashBalance: number;
}
