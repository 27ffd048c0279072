/** limits.inFlight: how many requests are served at the same time, and what one more gets. */
import { type LocalReply, OVERLOADED, overloadReply } from "../../http/local_reply.ts";
import type { LoggedRefusal } from "./access_entry.ts";
import { throttledWarning } from "../../logging/throttled_warning.ts";
import type { InFlightCount } from "../../shared_memory/in_flight_count.ts";

/** What the client and the access log get for a request over the limit. */
export const OVERLOAD: LoggedRefusal & { readonly reply: LocalReply } = {
  status: overloadReply().status,
  reason: OVERLOADED,
  reply: overloadReply(),
};

export class OverloadGuard {
  readonly #requests: InFlightCount;
  readonly #maxInFlight: number;
  readonly #warn: (warning: string) => void;

  /**
   * @param requests in flight, over all workers
   * @param maxInFlight how many of them there may be
   * @param onWarning called when an overload begins
   * @param now the time in milliseconds
   */
  constructor(
    requests: InFlightCount,
    maxInFlight: number,
    onWarning: (warning: string) => void,
    now: () => number,
  ) {
    this.#requests = requests;
    this.#maxInFlight = maxInFlight;
    this.#warn = throttledWarning(onWarning, now);
  }

  /** Requests that this worker has in flight. */
  get inFlight(): number {
    return this.#requests.own;
  }

  /**
   * Counts one more request, to be released once its response is out.
   *
   * @returns false if it is over the limit: it is not counted, and gets {@linkcode OVERLOAD}
   */
  acquire(): boolean {
    if (this.#requests.acquire(this.#maxInFlight)) return true;
    this.#warn(`${OVERLOADED}: further requests are answered 503`);
    return false;
  }

  release(): void {
    this.#requests.release();
  }
}
