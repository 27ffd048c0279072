/**
 * A simulated backend. Its failures are known from the start, and the work that a request is when
 * it arrives: so the reply is known at once, and a request needs only one event.
 */
import type { BackendSpec } from "../scenario/backend_spec.ts";
import {
  type Fault,
  FAULTS,
  findNextStart,
  isFailing,
  type Period,
} from "../scenario/fault_schedule.ts";
import { WorkSlots } from "./work_slots.ts";

/** How long replies take that need no work: probes, errors and refused connections. */
export const INSTANT_REPLY_MS = 0.1;

/**
 * `refuses`: the connection was refused; `breaks off`: the request was accepted, and the connection
 * closed without an answer; `hangs`: it was accepted and never answered; `swallows`: the connection
 * was neither accepted nor refused.
 */
export type ReplyKind = "answers" | "errors" | "refuses" | "breaks off" | "hangs" | "swallows";

export interface Reply {
  readonly kind: ReplyKind;
  /** When the balancer receives it, in milliseconds; Infinity if it never does. */
  readonly at: number;
}

/** The faults that decide on the reply when a request arrives. */
const REPLY_KINDS: Partial<Record<Fault, ReplyKind>> = {
  refuses: "refuses",
  swallows: "swallows",
  breaks: "breaks off",
  hangs: "hangs",
  errors: "errors",
};

export class SimulatedBackend {
  readonly #spec: BackendSpec;
  /** In the order of {@linkcode FAULTS}. */
  readonly #periods: readonly Period[];
  readonly #refusals: readonly Period[];
  /** Undefined if the capacity has no limit. */
  readonly #slots: WorkSlots | undefined;
  /** When it next refuses connections and drops all requests. */
  #nextDropAt: number;

  constructor(spec: BackendSpec) {
    this.#spec = spec;
    this.#periods = FAULTS.flatMap((fault) => spec.periods.filter((one) => one.fault === fault));
    this.#refusals = spec.periods.filter(({ fault }) => fault === "refuses");
    this.#slots = spec.capacity === Infinity ? undefined : new WorkSlots(spec.capacity);
    this.#nextDropAt = this.#findNextDrop(-1);
  }

  /**
   * Receives a request, and returns the reply to it.
   *
   * @param now in milliseconds, not before the request received last
   * @param quantile how much work it is, as a quantile of the latency distribution: over 0 and
   * under 1
   */
  receive(now: number, quantile: number): Reply {
    if (now >= this.#nextDropAt) {
      this.#slots?.clear();
      this.#nextDropAt = this.#findNextDrop(now);
    }
    const kind = this.#findFault(now);
    if (kind === "hangs") return this.#applyNextDrop({ kind, at: Infinity });
    if (kind !== undefined) return replyAtOnce(kind, now);

    const startsAt = this.#slots?.findStart(now) ?? now;
    const doneAt = startsAt + this.#spec.latency(quantile) * this.#computeSlowness(startsAt);
    this.#slots?.add(doneAt);
    return this.#applyNextDrop({ kind: "answers", at: doneAt });
  }

  /** Whether it takes a connection, and if not, how it fails. @param now in milliseconds */
  connect(now: number): Reply | undefined {
    const kind = this.#findFault(now);
    return kind === "refuses" || kind === "swallows" ? replyAtOnce(kind, now) : undefined;
  }

  /** Receives a probe, which is no work and waits for nothing. @param now in milliseconds */
  probe(now: number): Reply {
    return replyAtOnce(this.#findFault(now) ?? "answers", now);
  }

  /** Replaces the reply to an accepted request if the backend drops the request first. */
  #applyNextDrop(reply: Reply): Reply {
    return this.#nextDropAt < reply.at ? { kind: "breaks off", at: this.#nextDropAt } : reply;
  }

  #findFault(now: number): ReplyKind | undefined {
    for (const period of this.#periods) {
      const kind = REPLY_KINDS[period.fault];
      if (kind !== undefined && isFailing(period, now)) return kind;
    }
    return undefined;
  }

  #computeSlowness(now: number): number {
    let slowness = 1;
    for (const period of this.#periods) {
      if (period.fault === "slow" && isFailing(period, now)) slowness *= period.factor;
    }
    return slowness;
  }

  #findNextDrop(after: number): number {
    return this.#refusals.reduce(
      (first, period) => Math.min(first, findNextStart(period, after)),
      Infinity,
    );
  }
}

function replyAtOnce(kind: ReplyKind, now: number): Reply {
  const isSilent = kind === "hangs" || kind === "swallows";
  return { kind, at: isSilent ? Infinity : now + INSTANT_REPLY_MS };
}
