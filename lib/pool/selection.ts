/** Selects the backend for an attempt: the one that the client is tied to, or the policy's pick. */
import type { Attempt } from "./attempt.ts";
import type { Backend } from "../backends/backend.ts";
import { type Candidates, findRetryCandidates, isTried } from "./candidates.ts";
import type { Counter } from "./counter.ts";
import type { PickContext, Policy } from "../policies/policy.ts";
import type { RequestFacts } from "../request_facts.ts";
import { computeShare, type ShareRules } from "./share.ts";
import type { Sticky } from "./sticky.ts";

export interface SelectionOptions {
  readonly policy: Policy;
  readonly counter: Counter;
  /** Ties clients to backends; undefined ties none. */
  readonly sticky: Sticky | undefined;
  /** 0 up to 1. */
  readonly random: () => number;
  /** Requests that one backend may have in flight; Infinity sets no limit. */
  readonly maxInFlight: number;
  readonly shares: ShareRules;
}

export class Selection {
  readonly #policy: Policy;
  readonly #counter: Counter;
  readonly #sticky: Sticky | undefined;
  readonly #random: () => number;
  readonly #maxInFlight: number;
  readonly #shares: ShareRules;

  constructor(options: SelectionOptions) {
    this.#policy = options.policy;
    this.#counter = options.counter;
    this.#sticky = options.sticky;
    this.#random = options.random;
    this.#maxInFlight = options.maxInFlight;
    this.#shares = options.shares;
  }

  /** The backend for an attempt; undefined if none is left that is not full. */
  select(
    request: RequestFacts,
    tried: readonly Attempt<unknown>[],
    candidates: Candidates,
    now: number,
  ): Backend | undefined {
    return this.findTied(request, tried, candidates) ??
      this.#selectByPolicy(request, tried, candidates, now);
  }

  /**
   * The backend that the client is tied to; undefined if it was tried, is full or ejected, or is unreachable
   * while others are not.
   */
  findTied(
    request: RequestFacts,
    tried: readonly Attempt<unknown>[],
    { inPanic, pickable }: Candidates,
  ): Backend | undefined {
    const backend = this.#sticky?.findBackend(request);
    if (backend === undefined || this.#isFull(backend) || isTried(backend, tried)) return undefined;
    const isLast = backend.unreachable || backend.isBackup || backend.weight === 0 ||
      backend.mode === "removed";
    if (isLast && !pickable.includes(backend)) return undefined;
    return backend.usable || inPanic ? backend : undefined;
  }

  /**
   * Only a request's first attempt takes a turn. If retries did too, then while one of three backends
   * is down its turns would always push the same neighbour: 75 % to one, 25 % to the other.
   */
  #selectByPolicy(
    request: RequestFacts,
    tried: readonly Attempt<unknown>[],
    candidates: Candidates,
    now: number,
  ): Backend | undefined {
    const isFirst = tried.length === 0;
    const pickable = isFirst ? candidates.pickable : findRetryCandidates(candidates.all, tried);
    if (pickable.length === 0) return undefined;
    const turn = isFirst
      ? this.#counter.next(this.#policy.cycle?.(pickable) ?? 1)
      : this.#counter.upcoming;
    const context = { request, turn, number: tried.length + 1, now, random: this.#random };
    return this.#pick(pickable, candidates.slowStartEnd, context);
  }

  /**
   * The policy's pick. If that is full, or its share says no, the policy picks again among those with
   * room: if possible, among those with a full share.
   */
  #pick(
    pickable: readonly Backend[],
    slowStartEnd: number,
    context: PickContext,
  ): Backend | undefined {
    const { now } = context;
    const first = this.#policy.pick(pickable, context);
    const share = computeShare(first, pickable, this.#shares, slowStartEnd, now);
    if (!this.#isFull(first) && (share === 1 || this.#random() < share)) return first;

    const withRoom = pickable.filter((backend) => !this.#isFull(backend));
    const withFullShare = withRoom.filter((backend) =>
      computeShare(backend, pickable, this.#shares, slowStartEnd, now) === 1
    );
    const others = withFullShare.length > 0 ? withFullShare : withRoom;
    if (others.length === 0) return undefined;
    return this.#policy.pick(others, { ...context, number: context.number + 1 });
  }

  #isFull({ inFlight }: Backend): boolean {
    return inFlight >= this.#maxInFlight;
  }
}
