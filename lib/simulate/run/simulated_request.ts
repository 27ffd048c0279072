/** A simulated request, as the proxy sees it. */
import type { RequestFacts } from "../../request_facts.ts";
import type { Arrival } from "../scenario/arrivals.ts";

export class SimulatedRequest implements RequestFacts {
  readonly method: string;
  readonly path: string;
  readonly host = "simulated";
  readonly clientAddress: string;
  readonly hasUpload = false;
  readonly bodySpent = false;
  readonly scheme = "http";
  readonly clientGone = false;
  /** Its number in the run, from 1. */
  readonly number: number;
  /** When it arrived, in milliseconds. */
  readonly arrivedAt: number;
  /** When REQUEST_TIMEOUT ends it, in milliseconds. */
  readonly expiresAt: number;
  /** How many attempts have begun. */
  attempts = 0;
  readonly #clock: { readonly now: number };

  /** @param timeoutMs REQUEST_TIMEOUT; Infinity if there is none */
  constructor(
    { method, path, clientAddress }: Arrival,
    number: number,
    timeoutMs: number,
    clock: { readonly now: number },
  ) {
    this.method = method;
    this.path = path;
    this.clientAddress = clientAddress;
    this.number = number;
    this.arrivedAt = clock.now;
    this.expiresAt = clock.now + timeoutMs;
    this.#clock = clock;
  }

  get expired(): boolean {
    return this.#clock.now >= this.expiresAt;
  }

  header(): undefined {
    return undefined;
  }
}
