/**
 * One attempt of the web engine, and what its passed deadlines mean.
 *
 * Most attempts are answered within milliseconds, so nothing is prepared for those that are not: an
 * attempt looks around when it has waited, and then as often as there is something to do about it.
 */
import {
  BACKEND_TAKES_NOTHING,
  CLIENT_GONE,
  CLIENT_STALLED,
  NO_FIRST_BYTE,
  STALLED,
} from "../shared/failures.ts";
import type { Failed } from "../../outcome.ts";
import { Timed, type Wheel } from "../../time/timer_wheel.ts";
import type { ConnectCheck } from "./connect_check.ts";
import type { WebRequest } from "./request.ts";

/** In milliseconds. */
export interface AttemptTimeouts {
  readonly connectTimeout: number;
  readonly firstByteTimeout: number;
  readonly idleTimeout: number;
}

export interface AttemptOptions {
  readonly request: WebRequest;
  readonly wheel: Wheel;
  readonly timeouts: AttemptTimeouts;
  /**
   * Tells whether the backend is there, to be asked once in each CONNECT_TIMEOUT without a first byte;
   * undefined where the attempt could not be given up for that.
   */
  readonly connectCheck: Pick<ConnectCheck, "run"> | undefined;
}

/** After so long a wait for the backend it is watched whether the client leaves, in milliseconds. */
const WATCH_AFTER_MS = 50;

export class WebAttempt extends Timed {
  /** Why its answer did not get through whole. */
  broken: Failed | undefined;
  /** Told once its answer is broken off: a client that takes nothing may keep its connection for long. */
  onBrokenOff: (() => void) | undefined;
  readonly #options: AttemptOptions;
  readonly #controller = new AbortController();
  /** When something last happened, on the wheel's clock. */
  #movedAt = 0;
  #watched = false;
  /** After so long a wait it asks next whether the backend is there. */
  #askAfter: number;
  /** Whether the answer has not begun. */
  #waiting = false;
  /** Who hears that the answer under way is broken off; undefined while none is. */
  #onBroken: ((failure: Failed) => void) | undefined;
  /** What it means when the body that is under way does not move. */
  #late: Failed = STALLED;

  constructor(options: AttemptOptions) {
    super();
    this.#options = options;
    this.#askAfter = options.connectCheck === undefined ? Infinity : this.#askingTime;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begins to wait for the answer. */
  begin(): void {
    this.#waiting = true;
    this.#movedAt = this.#options.wheel.now;
    this.#options.wheel.set(this, WATCH_AFTER_MS);
  }

  /** Begins to wait anew, as bytes of the request have gone out. */
  moved(): void {
    if (!this.#waiting) return; // an early answer: its body is what must move now
    const { wheel, timeouts } = this.#options;
    this.#movedAt = wheel.now;
    if (this.#askAfter !== Infinity) this.#askAfter = this.#askingTime;
    if (this.deadline > wheel.now + timeouts.firstByteTimeout) {
      wheel.set(this, timeouts.firstByteTimeout);
    }
  }

  /** Receives a short body, all of it within IDLE_TIMEOUT. @throws where it does not come whole */
  async receive(response: Response): Promise<Uint8Array<ArrayBuffer>> {
    const { wheel, timeouts } = this.#options;
    this.#waiting = false;
    wheel.set(this, timeouts.idleTimeout);
    return await response.bytes();
  }

  /** Begins to answer. @param onBroken is told where the answer is to be broken off */
  answer(onBroken: (failure: Failed) => void): void {
    this.#onBroken = onBroken;
  }

  /** Expects the answer's body to move within IDLE_TIMEOUT. */
  expectMove(late: Failed): void {
    this.#late = late;
    this.#options.wheel.set(this, this.#options.timeouts.idleTimeout);
  }

  /** Waits for nothing any more. */
  end(): void {
    this.#waiting = false;
    this.#options.wheel.remove(this);
  }

  /** Ends it for that reason: its fetch rejects with it, or the answer under way is broken off. */
  abort(failure: Failed): void {
    if (this.#onBroken !== undefined) {
      this.broken ??= failure;
      this.#onBroken(failure);
      this.onBrokenOff?.();
    }
    this.#controller.abort(failure);
  }

  override expire(): void {
    if (!this.#waiting) return this.abort(this.#reasonOfStall());
    const { wheel } = this.#options;
    const waited = wheel.now - this.#movedAt;
    this.#watchClient();
    if (waited >= this.#askAfter) this.#askIfReachable();
    const { limit, late } = this.#patience();
    if (waited >= limit) return this.abort(late);
    wheel.set(this, Math.min(limit, this.#askAfter) - waited);
  }

  /** A backend may wait for the rest of the request before it goes on with its answer. */
  #reasonOfStall(): Failed {
    return this.#options.request.body?.awaitsClient ? CLIENT_STALLED : this.#late;
  }

  #watchClient(): void {
    if (this.#watched) return;
    this.#watched = true;
    this.#options.request.whenClientGone(() => this.abort(CLIENT_GONE));
  }

  /** How long what is waited for may take, and what it means where it does not come. */
  #patience(): { limit: number; late: Failed } {
    const { idleTimeout, firstByteTimeout } = this.#options.timeouts;
    const { body } = this.#options.request;
    if (body === undefined || body.complete) {
      return { limit: firstByteTimeout, late: NO_FIRST_BYTE };
    }
    return { limit: idleTimeout, late: body.awaitsClient ? CLIENT_STALLED : BACKEND_TAKES_NOTHING };
  }

  /** Half of CONNECT_TIMEOUT to wait, and half to be given an answer. */
  get #askingTime(): number {
    return this.#options.timeouts.connectTimeout / 2;
  }

  #askIfReachable(): void {
    this.#askAfter += 2 * this.#askingTime;
    this.#options.connectCheck?.run(this.#askingTime).then((failure) => {
      if (failure === undefined || !this.#waiting || !isHostGone(failure)) return;
      // Whether it rode a connection made before is not known: so it may have been sent.
      this.abort({ ...failure, neverLeft: false });
    });
  }
}

/** Whether nothing answers there any more. One that refuses connections may still serve those it has:
 * that is how a server stops. */
function isHostGone({ failure }: Failed): boolean {
  return failure === "connection_timeout" || failure === "destination_ip_unroutable";
}
