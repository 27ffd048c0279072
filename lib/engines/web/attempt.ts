/**
 * One attempt of the web engine, and what it means if its deadline passes.
 *
 * Most attempts are answered within milliseconds, so nothing is prepared for a long wait: an attempt
 * looks around only after WATCH_AFTER_MS, and again whenever there is something to do.
 */
import {
  BACKEND_TAKES_NOTHING,
  CLIENT_GONE,
  CLIENT_STALLED,
  NO_FIRST_BYTE,
  STALLED,
} from "../shared/failures.ts";
import { plainMessage } from "../../net/plain_message.ts";
import { type Failed, failed } from "../../outcome.ts";
import type { Timeouts } from "../../routing/route.ts";
import { Timed, type Wheel } from "../../time/timer_wheel.ts";
import { assessBreak } from "./early_answer.ts";
import type { ConnectCheck } from "./connect_check.ts";
import type { WebRequest } from "./request.ts";

/** In milliseconds. */
export type AttemptTimeouts = Pick<Timeouts, "connect" | "firstByte" | "idle">;

export interface AttemptOptions {
  readonly request: WebRequest;
  readonly wheel: Wheel;
  readonly timeouts: AttemptTimeouts;
  /**
   * Run once in each timeouts.connect without a first byte, to see whether the backend is there;
   * undefined if the attempt must not be given up for that.
   */
  readonly connectCheck: Pick<ConnectCheck, "run"> | undefined;
}

/** How long the first byte may take until the client is watched, in milliseconds. */
const WATCH_AFTER_MS = 50;

export class WebAttempt extends Timed {
  /** Whether the response has begun. */
  answered = false;
  /** Why the response did not get through whole. */
  broken: Failed | undefined;
  /** Bytes of the response's body that the client has taken. */
  sentBytes = 0;
  /** Called once the response is broken off: a client that takes nothing may keep its connection open. */
  onBrokenOff: (() => void) | undefined;
  /** Called once the response's body was received to its end; not if it was received before. */
  onReceived: (() => void) | undefined;
  readonly #options: AttemptOptions;
  readonly #controller = new AbortController();
  /** When something last happened, on the wheel's clock. */
  #movedAt = 0;
  #watched = false;
  /** How long after that the next connect check is due, in milliseconds. */
  #checkAfter: number;
  /** Whether the response has not begun. */
  #waiting = false;
  /** Breaks off the response under way; undefined if there is none. */
  #onBroken: ((failure: Failed) => void) | undefined;
  /** What it means if the body under way does not move. */
  #late: Failed = STALLED;

  constructor(options: AttemptOptions) {
    super();
    this.#options = options;
    this.#checkAfter = options.connectCheck === undefined ? Infinity : this.#checkTime;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begins to wait for the response. */
  begin(): void {
    this.#waiting = true;
    this.#movedAt = this.#options.wheel.now;
    this.#options.wheel.set(this, WATCH_AFTER_MS);
  }

  /** Begins the wait again, because bytes of the request have been sent. */
  moved(): void {
    if (!this.#waiting) return; // the response came early: its body is what must move now
    const { wheel, timeouts } = this.#options;
    this.#movedAt = wheel.now;
    if (this.#checkAfter !== Infinity) this.#checkAfter = this.#checkTime;
    if (this.deadline > wheel.now + timeouts.firstByte) {
      wheel.set(this, timeouts.firstByte);
    }
  }

  /** Receives a short body, all of it within timeouts.idle. @throws if it breaks off */
  async receive(response: Response): Promise<Uint8Array<ArrayBuffer>> {
    const { wheel, timeouts } = this.#options;
    this.#waiting = false;
    wheel.set(this, timeouts.idle);
    return await response.bytes();
  }

  /** Begins the response to the client. @param onBroken called to break it off */
  answer(onBroken: (failure: Failed) => void): void {
    this.#onBroken = onBroken;
  }

  /** What it means that the response broke off. */
  explainBreak(error: unknown): Failed {
    const { body } = this.#options.request;
    return assessBreak(failed("connection_terminated", plainMessage(error)), body);
  }

  /** Expects the response's body to move within timeouts.idle. @param late what it means if not */
  expectMove(late: Failed): void {
    this.#late = late;
    this.#options.wheel.set(this, this.#options.timeouts.idle);
  }

  /** Waits for nothing any more. */
  end(): void {
    this.#waiting = false;
    this.#options.wheel.remove(this);
  }

  /** Ends it: its fetch rejects with the reason, or the response under way is broken off. */
  abort(reason: Failed): void {
    if (this.#onBroken !== undefined) {
      this.broken ??= reason;
      this.#onBroken(reason);
      this.onBrokenOff?.();
    }
    this.#controller.abort(reason);
  }

  override expire(): void {
    if (!this.#waiting) return this.abort(this.#explainStall());
    const { wheel } = this.#options;
    const waited = wheel.now - this.#movedAt;
    this.watchClient();
    if (waited >= this.#checkAfter) this.#checkConnect();
    const { limit, late } = this.#findLimit();
    if (waited >= limit) return this.abort(late);
    wheel.set(this, Math.min(limit, this.#checkAfter) - waited);
  }

  /** A backend may wait for the rest of the request before it goes on with its response. */
  #explainStall(): Failed {
    return this.#options.request.body?.awaitsClient ? CLIENT_STALLED : this.#late;
  }

  /** Gives up as soon as the client leaves. */
  watchClient(): void {
    if (this.#watched) return;
    this.#watched = true;
    this.#options.request.whenClientGone(() => this.abort(CLIENT_GONE));
  }

  /** How long the wait may last, in milliseconds, and what it means if it lasts longer. */
  #findLimit(): { limit: number; late: Failed } {
    const { idle, firstByte } = this.#options.timeouts;
    const { body } = this.#options.request;
    if (body === undefined || body.complete) {
      return { limit: firstByte, late: NO_FIRST_BYTE };
    }
    return { limit: idle, late: body.awaitsClient ? CLIENT_STALLED : BACKEND_TAKES_NOTHING };
  }

  /** Half of timeouts.connect is for the wait before a check, half for the check itself. */
  get #checkTime(): number {
    return this.#options.timeouts.connect / 2;
  }

  #checkConnect(): void {
    this.#checkAfter += 2 * this.#checkTime;
    this.#options.connectCheck?.run(this.#checkTime).then((failure) => {
      if (failure === undefined || !this.#waiting || !isHostGone(failure)) return;
      // fetch may have used a connection that was there before: the request may have been sent.
      this.abort({ ...failure, neverLeft: false });
    });
  }
}

/** Whether the host is gone. A refused connection does not say so: a server that stops refuses new
 * connections, and still answers on those that it has. */
function isHostGone({ failure }: Failed): boolean {
  return failure === "connection_timeout" || failure === "destination_ip_unroutable";
}
