/** Policies: how the next backend is picked. One file each; the table below is the list users see. */
import type { Backend } from "../backend.ts";
import type { RequestFacts } from "../request_facts.ts";
import { roundRobin } from "./round_robin.ts";

/** What a policy may look at, beside the candidates. */
export interface PickContext {
  readonly request: RequestFacts;
  /** The request's turn on the pool's wrapping counter; a retry takes none and sees the upcoming one. */
  readonly turn: number;
  /** Which pick for this request it is, from 1. An attempt may take two: where the first is full, say. */
  readonly number: number;
}

export interface Policy {
  /** After how many turns its picks over this list repeat; 1 where it does not count turns. */
  cycle(backends: readonly Backend[]): number;
  /** Picks one of the candidates: never empty, already without those tried. */
  pick(candidates: readonly Backend[], context: PickContext): Backend;
}

/** The configuration's names for them. */
export const POLICIES = {
  round_robin: roundRobin,
} as const satisfies Record<string, Policy>;

export type PolicyName = keyof typeof POLICIES;
