/** Asks again and again until something under way is over. */
import type { Wheel } from "../time/timer_wheel.ts";
import type { AcmeClient } from "./client.ts";
import { AcmeFailure } from "./failure.ts";
import { pauseBeforePoll } from "./schedule.ts";
import type { AcmeResponse } from "./transport.ts";
import { pause } from "./waiting.ts";

/** After this time an attempt ends; the next one goes on with what is under way. */
const LIMIT_MS = 300_000;

interface Poll<Value> {
  readonly value: Value;
  readonly isOver: boolean;
  readonly response: AcmeResponse;
}

export class Poller {
  readonly #wheel: Wheel;
  readonly #stopping: AbortSignal;
  readonly #client: AcmeClient;

  constructor(wheel: Wheel, stopping: AbortSignal, client: AcmeClient) {
    this.#wheel = wheel;
    this.#stopping = stopping;
    this.#client = client;
  }

  /**
   * @param what for an error: `the order`
   * @throws AcmeFailure `outage` if it is not over within 5 minutes; the reason of `stopping`
   */
  async poll<Value>(what: string, ask: () => Promise<Poll<Value>>): Promise<Value> {
    const startedAt = this.#wheel.now;
    for (let polls = 0;; polls++) {
      const { value, isOver, response } = await ask();
      if (isOver) return value;
      const pauseMs = pauseBeforePoll(polls, this.#client.retryAfter(response));
      if (this.#wheel.now - startedAt + pauseMs > LIMIT_MS) {
        throw new AcmeFailure(
          "outage",
          `${what} is not decided after ${LIMIT_MS / 60_000} minutes`,
        );
      }
      await pause(this.#wheel, pauseMs, this.#stopping);
    }
  }
}
