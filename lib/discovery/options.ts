/** What discovery needs, and what a reload may change of it. */
import type { Resolve } from "../net/resolver/resolver.ts";
import type { Wheel } from "../time/timer_wheel.ts";
import type { IsOwn } from "./source_backends.ts";

/** What a reload may change while it runs; it holds from the next resolution on. */
export interface DiscoverySettings {
  readonly resolve: Resolve;
  /** How long an answer is used at most, in milliseconds. */
  readonly maxAgeMs: number;
  /** Backends that are the balancer itself are left out. */
  readonly isOwn: IsOwn;
}

export interface DiscoveryOptions extends DiscoverySettings {
  readonly wheel: Wheel;
  /** 0 up to 1. */
  readonly random: () => number;
  /** The time of day, in milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Called when a name has a problem, and again while it lasts, seldom. */
  readonly onProblem: (name: string, problem: string, isPartial: boolean) => void;
  /** Called when a problem that was reported is over. */
  readonly onRecovery: (name: string) => void;
}
