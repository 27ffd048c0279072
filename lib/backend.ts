import { hashOf } from "./hash.ts";
import { IN_USE, type Standing } from "./health/ejection.ts";
import { type Probed, UNPROBED } from "./health/state.ts";
import type { Latency } from "./latency.ts";

/** What a user says of one backend in `USERS_SERVICE`. */
export interface BackendConfig {
  /** Scheme, host, port and path prefix, without a trailing slash: `http://users-2:5000/base`. */
  readonly url: string;
  /** Its share of requests relative to the others, 1 to 100. */
  readonly weight: number;
}

/** One server that requests are forwarded to. What may change of it, its pool changes. */
export class Backend {
  /** Stays the same over restarts and over changes of the list's order: the URL without `http://`. */
  readonly id: string;
  /** The prefix that a request's path and query are appended to. */
  readonly url: string;
  readonly weight: number;
  /** Two numbers made of its id; the second one is odd. */
  readonly hashes: readonly [number, number];
  /** Requests sent there whose response is not over. */
  inFlight = 0;
  /** How long its answers take; undefined where nobody measures it, or nothing is known. */
  latency: Latency | undefined = undefined;
  /** What its own answers say of it. */
  standing: Standing = IN_USE;
  /** What its probes say of it. */
  probed: Probed = UNPROBED;

  constructor(config: BackendConfig) {
    this.url = config.url;
    this.weight = config.weight;
    this.id = config.url.replace(/^http:\/\//, "");
    this.hashes = [hashOf(this.id), hashOf(this.id, 1) | 1];
  }

  /** Whether it gets requests as a matter of course. */
  get usable(): boolean {
    return this.standing.phase === "in" && this.probed.up;
  }
}
