/** Resolves one name again and again, one resolution at a time, for all who use it. */
import { formatHostPort } from "../net/host_port.ts";
import { plainMessage } from "../net/plain_message.ts";
import type { Answer } from "../net/resolver/answer.ts";
import type { Query } from "../net/resolver/resolver.ts";
import { Timed } from "../time/timer_wheel.ts";
import { DiscoveredName, type Report } from "./discovered_name.ts";
import type { DiscoveryOptions, DiscoverySettings } from "./options.ts";
import type { SourceUser } from "./source_user.ts";

/** For a page of status. */
export interface NameStatus extends Query {
  /** The addresses in use; with the port if SRV records say it. */
  readonly addresses: readonly string[];
  /** When it was resolved last, in milliseconds since 1970; undefined if it never was. */
  readonly lastSuccess: number | undefined;
  /** Why it cannot be resolved, or not wholly; undefined if it can. */
  readonly problem: string | undefined;
  /** When it is resolved next, in milliseconds since 1970; undefined if that runs now. */
  readonly nextResolution: number | undefined;
}

export class WatchedName extends Timed {
  readonly #query: Query;
  readonly #options: DiscoveryOptions;
  readonly #settings: () => DiscoverySettings;
  readonly #state = new DiscoveredName();
  readonly #users = new Set<SourceUser>();
  readonly #stopping = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #lastSuccess: number | undefined;
  #isResolving = false;
  /** Settles when the resolution that runs, if any, is over. */
  ended: Promise<void> = Promise.resolve();

  constructor(query: Query, options: DiscoveryOptions, settings: () => DiscoverySettings) {
    super();
    this.#query = query;
    this.#options = options;
    this.#settings = settings;
  }

  /** Settles with the first answer or failure, or when it is stopped. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  add(user: SourceUser): void {
    this.#users.add(user);
    user.take(this.#state.endpoints, this.#settings().isOwn);
  }

  /** @returns how many are left */
  remove(user: SourceUser): number {
    this.#users.delete(user);
    return this.#users.size;
  }

  /** Tells all who use it what it is now. */
  update(): void {
    const { endpoints } = this.#state;
    const { isOwn } = this.#settings();
    for (const user of this.#users) user.update(endpoints, isOwn);
  }

  /** The settings are others now: a pause that they would not allow is cut short. */
  change(): void {
    const { wheel } = this.#options;
    const { maxAgeMs } = this.#settings();
    if (!this.#isResolving && this.deadline > wheel.now + maxAgeMs) wheel.set(this, maxAgeMs);
    this.update();
  }

  /** Not while a resolution runs: then there is no deadline, and a failed connect waits for its answer. */
  resolve(): void {
    this.ended = this.#resolve();
  }

  override expire(): void {
    this.resolve();
  }

  connectFailed(url: string): void {
    const { wheel } = this.#options;
    if (this.#isResolving || ![...this.#users].some((user) => user.has(url))) return;
    const pauseMs = this.#state.connectFailed(wheel.now);
    if (pauseMs === 0) this.resolve();
    else if (wheel.now + pauseMs < this.deadline) wheel.set(this, pauseMs);
  }

  stop(): void {
    this.#options.wheel.remove(this);
    this.#stopping.abort();
    this.#first.resolve();
  }

  status(): NameStatus {
    const { wheel, wallClock } = this.#options;
    return {
      ...this.#query,
      addresses: this.#state.endpoints.map(({ address, service }) =>
        service === undefined ? address : formatHostPort(address, service.port)
      ),
      lastSuccess: this.#lastSuccess,
      problem: this.#state.problem,
      nextResolution: this.#isResolving
        ? undefined
        : Math.round(wallClock() + Math.max(0, this.deadline - wheel.now)),
    };
  }

  async #resolve(): Promise<void> {
    const { wheel, random, wallClock } = this.#options;
    const { signal } = this.#stopping;
    this.#isResolving = true;
    wheel.clear(this);
    this.#state.start(wheel.now);
    const answer = await this.#ask(signal);
    this.#isResolving = false;
    if (signal.aborted) return;
    const { maxAgeMs } = this.#settings();
    const { isChanged, pauseMs, report } = this.#state.take(answer, {
      now: wheel.now,
      maxAgeMs,
      random: random(),
    });
    if (answer.kind === "found") this.#lastSuccess = wallClock();
    wheel.set(this, pauseMs);
    if (isChanged) this.update();
    this.#first.resolve();
    if (report !== undefined) this.#tell(report);
  }

  #tell(report: Report): void {
    const { onProblem, onRecovery } = this.#options;
    const { name } = this.#query;
    if (report === "recovered") onRecovery(name);
    else onProblem(name, report.problem, report.isPartial);
  }

  /** A fault of ours must not end the balancer: it is a problem of this name, and is reported as such. */
  async #ask(signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#settings().resolve(this.#query, signal);
    } catch (error) {
      const detail = plainMessage(error);
      return { kind: "no news", failure: { kind: "not_asked", detail, servers: [] } };
    }
  }
}
