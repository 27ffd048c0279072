import type { Backend } from "../backends/backend.ts";
import type { Outcome } from "../outcome.ts";

/** One attempt to send a request to a backend, and its outcome. */
export interface Attempt<Response> {
  readonly backend: Backend;
  /** Whether the backend was known to be unreachable when the attempt began. */
  readonly lastResort?: boolean;
  readonly outcome: Outcome<Response>;
}
