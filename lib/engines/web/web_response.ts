import type { WebAttempt } from "./attempt.ts";

/** A backend's response, and its attempt, which can still break it off. */
export interface WebResponse {
  readonly response: Response;
  readonly attempt: WebAttempt;
  /** The body, if it is short: it has been received. Once it was copied for the client, it may be empty. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}
