/** timeouts.request of one request: from its head to the last byte of its response. */
import { Timed, type Wheel } from "../../time/timer_wheel.ts";

/** What a deadline ends. */
export interface Expirable {
  /** Set once the time is up: no further attempt is made then. */
  expired: boolean;
  /** Ends what is under way. */
  cancel(): void;
}

export class RequestDeadline extends Timed {
  readonly #request: Expirable;

  constructor(request: Expirable) {
    super();
    this.#request = request;
  }

  override expire(): void {
    this.#request.expired = true;
    this.#request.cancel();
  }
}

/**
 * Starts the deadline of a request; it must be removed from the wheel once the request is over.
 *
 * @param timeout in milliseconds; Infinity for none
 * @returns undefined if there is none
 */
export function startDeadline(
  request: Expirable,
  wheel: Wheel,
  timeout: number,
): RequestDeadline | undefined {
  if (timeout === Infinity) return undefined;
  const deadline = new RequestDeadline(request);
  wheel.set(deadline, timeout);
  return deadline;
}
