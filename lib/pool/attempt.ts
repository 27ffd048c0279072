import type { Backend } from "../backends/backend.ts";
import type { Failed, Outcome } from "../outcome.ts";

/** One attempt to send a request to a backend, and what it came to. */
export interface Attempt<Response> {
  readonly backend: Backend;
  readonly outcome: Outcome<Response>;
}

/** An attempt that failed, so that another one may follow. */
export interface FailedAttempt extends Attempt<never> {
  readonly outcome: Failed;
}
