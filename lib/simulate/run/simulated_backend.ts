/**
 * A simulated backend: it works on so many requests at a time, and more wait in a queue, first come
 * first served. When it will fail is known from the start, and how long it works on a request when that
 * comes: so what becomes of a request is known at once, and one event is enough for it.
 */
import type { BackendScript } from "../scenario/backend_spec.ts";
import {
  type Fault,
  FAULTS,
  isOn,
  nextBeginning,
  type Period,
} from "../scenario/fault_schedule.ts";

/** How long an answer takes that needs no work, and a connection that is refused, in milliseconds. */
export const AT_ONCE_MS = 0.1;

/** What becomes of a request. `breaks off`: it was accepted, and the connection ends without an answer. */
export type ReplyKind = "answers" | "errors" | "refuses" | "breaks off" | "hangs" | "swallows";

export interface Reply {
  readonly kind: ReplyKind;
  /** When the balancer learns of it, in milliseconds; Infinity where it hears nothing. */
  readonly at: number;
}

/** Faults that decide about a request as it comes. */
const REPLY_KINDS: Partial<Record<Fault, ReplyKind>> = {
  refuses: "refuses",
  swallows: "swallows",
  breaks: "breaks off",
  hangs: "hangs",
  errors: "errors",
};

export class SimulatedBackend {
  readonly #script: BackendScript;
  /** Those of the script, the ones that hide others first. */
  readonly #periods: readonly Period[];
  readonly #refusals: readonly Period[];
  readonly #work: Work | undefined;
  /** When what it works on is broken off next. */
  #breaksOffAt: number;

  constructor(script: BackendScript) {
    this.#script = script;
    this.#periods = FAULTS.flatMap((fault) => script.periods.filter((one) => one.fault === fault));
    this.#refusals = script.periods.filter(({ fault }) => fault === "refuses");
    this.#work = script.capacity === Infinity ? undefined : new Work(script.capacity);
    this.#breaksOffAt = this.#nextRefusal(-1);
  }

  /**
   * Takes a request; times never go back from one to the next.
   *
   * @param now in milliseconds
   * @param luck over 0 and under 1: how much work it is, compared with all requests
   */
  ask(now: number, luck: number): Reply {
    if (now >= this.#breaksOffAt) {
      this.#work?.drop();
      this.#breaksOffAt = this.#nextRefusal(now);
    }
    const fate = this.#replyKindAt(now);
    if (fate === "hangs") return this.#unlessBrokenOff(fate, Infinity);
    if (fate !== undefined) return replyAtOnce(fate, now);

    const beginsAt = this.#work?.nextFree(now) ?? now;
    const endsAt = beginsAt + this.#script.latency(luck) * this.#slownessAt(beginsAt);
    this.#work?.take(endsAt);
    return this.#unlessBrokenOff("answers", endsAt);
  }

  /** What becomes of a probe: it needs no work and waits in no queue. */
  probe(now: number): Reply {
    return replyAtOnce(this.#replyKindAt(now) ?? "answers", now);
  }

  /** What becomes of a request that was accepted. */
  #unlessBrokenOff(fate: ReplyKind, at: number): Reply {
    return this.#breaksOffAt < at
      ? { kind: "breaks off", at: this.#breaksOffAt }
      : { kind: fate, at };
  }

  #replyKindAt(now: number): ReplyKind | undefined {
    for (const period of this.#periods) {
      const fate = REPLY_KINDS[period.fault];
      if (fate !== undefined && isOn(period, now)) return fate;
    }
    return undefined;
  }

  #slownessAt(now: number): number {
    let slowness = 1;
    for (const period of this.#periods) {
      if (period.fault === "slow" && isOn(period, now)) slowness *= period.factor;
    }
    return slowness;
  }

  #nextRefusal(after: number): number {
    return this.#refusals.reduce(
      (first, period) => Math.min(first, nextBeginning(period, after)),
      Infinity,
    );
  }
}

function replyAtOnce(fate: ReplyKind, now: number): Reply {
  return { kind: fate, at: fate === "hangs" || fate === "swallows" ? Infinity : now + AT_ONCE_MS };
}

/**
 * What a backend works on: when each of its places is free again, in a binary heap. The first request in
 * the queue gets the place that is free first.
 */
class Work {
  readonly #freeAt: Float64Array;

  constructor(capacity: number) {
    this.#freeAt = new Float64Array(capacity);
  }

  /** When the next request can be begun with. */
  nextFree(now: number): number {
    return Math.max(now, this.#freeAt[0]!);
  }

  /** Takes the next place until then. */
  take(until: number): void {
    const freeAt = this.#freeAt;
    let place = 0;
    while (true) {
      let child = 2 * place + 1;
      if (child >= freeAt.length) break;
      if (child + 1 < freeAt.length && freeAt[child + 1]! < freeAt[child]!) child++;
      if (until <= freeAt[child]!) break;
      freeAt[place] = freeAt[child]!;
      place = child;
    }
    freeAt[place] = until;
  }

  /** Drops all of it, and the queue. */
  drop(): void {
    this.#freeAt.fill(0);
  }
}
