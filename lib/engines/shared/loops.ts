/**
 * Loops: requests that come back to the balancer that forwarded them, as one of its backends is itself, or
 * leads to it. They would go round until they are over some limit, so they are answered at once.
 */
import { type LocalReply, loopReply } from "../../http/local_reply.ts";
import { hasPassed } from "../../http/via.ts";
import { throttledWarning } from "../../logging/throttled_warning.ts";
import type { LoggedRefusal } from "./access_entry.ts";

/** What the client and the access log get for a request that was here before. */
export const LOOP: LoggedRefusal & { readonly reply: LocalReply } = {
  status: loopReply().status,
  reason: "Via says that this balancer has forwarded it before",
  reply: loopReply(),
};

export class LoopGuard {
  readonly #instanceName: string;
  readonly #onWarning: (warning: string) => void;
  readonly #now: () => number;
  readonly #warn: (warning: string) => void;
  /** For each backend that has answered 508. */
  readonly #warnings = new Map<string, (warning: string) => void>();

  /**
   * @param instanceName this balancer's name in Via
   * @param onWarning called when loops begin
   * @param now the time in milliseconds
   */
  constructor(instanceName: string, onWarning: (warning: string) => void, now: () => number) {
    this.#instanceName = instanceName;
    this.#onWarning = onWarning;
    this.#now = now;
    this.#warn = throttledWarning(onWarning, now);
  }

  /** Whether a request was here before: it gets {@linkcode LOOP}. @param via its Via, if it has one */
  finds(via: string | undefined): boolean {
    if (via === undefined || !hasPassed(via, this.#instanceName)) return false;
    this.#warn(
      `requests come back to this balancer, which is ${this.#instanceName} in their Via, and are ` +
        "answered 508: take the backend that leads here out of the configuration, or, if another " +
        "balancer on their way has the same instance, give it another one",
    );
    return true;
  }

  /** Takes note of the status of a backend's answer. @param backend its id */
  noteAnswer(backend: string, status: number): void {
    if (status !== LOOP.status) return;
    const warn = this.#warnings.get(backend) ?? throttledWarning(this.#onWarning, this.#now);
    this.#warnings.set(backend, warn);
    warn(
      `${backend} answers 508 (loop detected): requests to it come back to it, or to this balancer`,
    );
  }
}
