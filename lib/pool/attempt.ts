import type { Backend } from "../backends/backend.ts";
import type { Failed, Outcome } from "../outcome.ts";

/** One attempt to send a request to a backend, and its outcome. */
export interface Attempt<Response> {
  readonly backend: Backend;
  /** Whether the backend was known to be unreachable when the attempt began. */
  readonly lastResort?: boolean;
  readonly outcome: Outcome<Response>;
}

/** An attempt that failed. */
export interface FailedAttempt extends Attempt<never> {
  readonly outcome: Failed;
}
