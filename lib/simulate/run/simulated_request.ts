/** A simulated request, as the core sees it. */
import type { RequestFacts } from "../../request_facts.ts";
import type { Arrival } from "../scenario/arrivals.ts";

export class SimulatedRequest implements RequestFacts {
  readonly method: string;
  readonly path: string;
  readonly host = "simulated";
  readonly clientAddress: string;
  readonly hasUpload = false;
  readonly bodySpent = false;
  readonly clientGone = false;
  /** Which request of the run it is, from 1. */
  readonly number: number;
  /** When it came, in milliseconds. */
  readonly at: number;
  /** When REQUEST_TIMEOUT is over. */
  readonly expiresAt: number;
  /** How many attempts have begun. */
  attempts = 0;
  readonly #clock: { readonly now: number };

  constructor(arrival: Arrival, number: number, timeout: number, clock: { readonly now: number }) {
    this.method = arrival.method;
    this.path = arrival.path;
    this.clientAddress = arrival.clientAddress;
    this.number = number;
    this.at = clock.now;
    this.expiresAt = clock.now + timeout;
    this.#clock = clock;
  }

  get expired(): boolean {
    return this.#clock.now >= this.expiresAt;
  }

  header(): undefined {
    return undefined;
  }
}
