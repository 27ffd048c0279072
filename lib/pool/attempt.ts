import type { Backend } from "../backends/backend.ts";
import type { Outcome } from "../outcome.ts";

/** One try at one backend, as the log tells it. */
export interface Attempt<Response> {
  readonly backend: Backend;
  readonly outcome: Outcome<Response>;
}
