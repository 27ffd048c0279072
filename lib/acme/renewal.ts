/** Keeps a certificate for a set of names: the stored one at once, a new one in time. */
import { plainMessage } from "../net/plain_message.ts";
import { attempt, type AttemptTools, lockPathOf, type Wanted } from "./attempt.ts";
import type { AcmeCertificate } from "./chain.ts";
import { AcmeFailure } from "./failure.ts";
import {
  addFailure,
  type FailureRecord,
  latest,
  nextAttempt,
  pauseBeforeAttempt,
} from "./failure_record.ts";
import { describeFailure, describeIssued } from "./report.ts";
import { renewalTime } from "./schedule.ts";
import { type AcmeSettings, namesOf } from "./settings.ts";
import { authoritySuffix, certificateId } from "./store/records.ts";
import { type Lease, StoreLock, TakenOver } from "./store/lock.ts";
import { findCertificate, findSubstitute } from "./stored_certificate.ts";
import { pause } from "./waiting.ts";

/** How often it looks what the store has, at least: another balancer may have renewed it. */
const LOOK_MS = 3_600_000;

/** The same while another balancer orders. */
const LOCKED_MS = 5_000;

/** The longest pause after a failure of the store: to try it again costs nobody anything. */
const STORE_RETRY_MS = 600_000;

/** Without a pause like after a failure, it would be ordered again and again. */
const DUE_AT_ONCE =
  "the certificate that came is due for renewal already: is this machine's clock right?";

export interface RenewalOptions extends AttemptTools {
  /** 0 up to 1. */
  readonly random: () => number;
  /** Called with the certificate to serve from now on, at the start and after each renewal. */
  readonly onCertificate: (certificate: AcmeCertificate) => void;
  /** Called with what failed, why, and when it is tried again. */
  readonly onWarning: (text: string) => void;
  readonly onInfo: (text: string) => void;
  /** A certificate that is served already, from before these settings: until there is another one, it goes on. */
  readonly inUse?: AcmeCertificate | undefined;
}

/** For a page of status; times are in milliseconds since 1970. */
export interface RenewalStatus {
  readonly names: readonly string[];
  readonly certificate: AcmeCertificate | undefined;
  /** When it is due for renewal; undefined if there is none for all names. */
  readonly renewAt: number | undefined;
  readonly isOrdering: boolean;
  /** Why the last attempt failed, and when the next one is made at the earliest; undefined if it did not fail. */
  readonly problem: { readonly reason: string; readonly retryAt: number } | undefined;
}

export class AcmeRenewal {
  readonly #wanted: Wanted;
  readonly #options: RenewalOptions;
  readonly #lock: StoreLock;
  readonly #startedAt: number;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #inUse: AcmeCertificate | undefined;
  /** Whether it was ordered by these settings. */
  #isOwn = false;
  /** The one that the store has for these names, and when it is due. */
  #stored: { readonly cert: string; readonly renewAt: number } | undefined;
  #failures: FailureRecord | undefined;
  #isOrdering = false;
  /** How long to wait before the first order; undefined until the store was looked at. */
  #firstPauseMs: number | undefined;
  /** What was said last of the store, and whether of another one's lock: each is said once. */
  #storeProblem: string | undefined;
  #isLockedOut = false;

  constructor(settings: AcmeSettings, options: RenewalOptions) {
    const { store, wallClock } = options;
    const names = namesOf(settings);
    this.#wanted = { settings, names, id: certificateId(settings.directory, names) };
    this.#options = options;
    this.#inUse = options.inUse;
    this.#startedAt = wallClock();
    this.#lock = new StoreLock(lockPathOf(settings, store), { ...options, disk: store.disk });
  }

  /** The certificate to serve; undefined if there is none yet. */
  get certificate(): AcmeCertificate | undefined {
    return this.#inUse;
  }

  /**
   * Looks what the store has. When this resolves, its certificate is in use, if there is one. Nothing is ordered
   * before {@linkcode start}. It never rejects: what fails is warned of, and tried again.
   */
  async load(): Promise<void> {
    this.#firstPauseMs ??= await this.#orFail(() => this.#look());
  }

  /**
   * Begins to order what is missing, and to renew: challenges are answered from now on. Resolves as
   * {@linkcode load} does, if that was not done before.
   */
  async start(): Promise<void> {
    await this.load();
    this.#running = this.#run(this.#firstPauseMs!);
  }

  /** Ends it. An order under way goes on after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  status(): RenewalStatus {
    const record = this.#failures;
    return {
      names: this.#wanted.names,
      certificate: this.#inUse,
      renewAt: this.#stored?.renewAt,
      isOrdering: this.#isOrdering,
      problem: record && { reason: record.reason, retryAt: nextAttempt(record, this.#startedAt) },
    };
  }

  async #run(firstPauseMs: number): Promise<void> {
    const { signal } = this.#stopping;
    let pauseMs = firstPauseMs;
    while (!signal.aborted) {
      if (pauseMs > 0) {
        await pause(this.#options.wheel, pauseMs, signal).catch(() => {}); // the loop sees that it is to end
      }
      if (!signal.aborted) pauseMs = await this.#orFail(() => this.#turn());
    }
  }

  /** @returns how long to wait then, in milliseconds */
  async #turn(): Promise<number> {
    const pauseMs = await this.#look();
    if (pauseMs > 0) return pauseMs;
    const { store, wallClock } = this.#options;
    await store.prepare(wallClock());
    const lease = await this.#lock.take();
    if (lease === undefined) return this.#lockedOut();
    this.#isLockedOut = false;
    try {
      // Another one may have ordered, or failed, since this one looked.
      const pauseMs = await this.#look();
      return pauseMs > 0 ? pauseMs : await this.#order(lease);
    } finally {
      // A lock that cannot be given back is taken over when it is stale.
      await lease.release().catch((error) => this.#options.onWarning(this.#storeFailure(error)));
    }
  }

  /** Looks what the store has, and uses it. @returns how long nothing is to be done, in milliseconds */
  async #look(): Promise<number> {
    const { store, wallClock, random } = this.#options;
    const { id, names, settings } = this.#wanted;
    const now = wallClock();
    const { certificate, problem } = await findCertificate(store, id, names, now);
    if (problem !== this.#storeProblem && problem !== undefined) this.#options.onWarning(problem);
    this.#storeProblem = problem;
    if (certificate === undefined) {
      this.#stored = undefined;
      this.#use(await this.#substitute(authoritySuffix(settings.directory), now));
    } else if (certificate.cert !== this.#stored?.cert) {
      this.#stored = { cert: certificate.cert, renewAt: renewalTime(certificate, random()) };
      this.#use(certificate);
    }
    const dueInMs = (this.#stored?.renewAt ?? now) - now;
    if (dueInMs > 0) {
      this.#failures = undefined;
      return Math.min(dueInMs, LOOK_MS);
    }
    this.#failures = latest(this.#failures, await store.failures(id));
    return Math.min(pauseBeforeAttempt(this.#failures, now, this.#startedAt), LOOK_MS);
  }

  /** Only before there is any: one that is in use is not replaced by one that covers less. */
  async #substitute(suffix: string, now: number): Promise<AcmeCertificate | undefined> {
    if (this.#inUse !== undefined) return undefined;
    return await findSubstitute(this.#options.store, suffix, this.#wanted.names, now);
  }

  #use(certificate: AcmeCertificate | undefined): void {
    if (certificate === undefined || certificate.cert === this.#inUse?.cert) return;
    const { names } = this.#wanted;
    const before = this.#inUse;
    const isWhole = before !== undefined && names.every((name) => before.names.includes(name));
    // The store may have an older one, if the newest could not be written.
    if (isWhole && this.#isOwn && certificate.notBefore < before.notBefore) return;
    this.#inUse = certificate;
    this.#isOwn = true;
    this.#options.onCertificate(certificate);
  }

  async #order(lease: Lease): Promise<number> {
    const { store, onInfo } = this.#options;
    const { id, names, settings } = this.#wanted;
    const signal = AbortSignal.any([this.#stopping.signal, lease.lost]);
    onInfo(`getting a certificate for ${names.join(", ")} from ${settings.directory}`);
    this.#isOrdering = true;
    try {
      const certificate = await attempt(this.#wanted, this.#options, signal);
      this.#use(certificate); // first of all: it works even if it cannot be stored
      await store.saveCertificate(id, certificate.key, certificate.cert);
      await store.removeOrder(id);
      await store.removeFailures(id);
      const pauseMs = await this.#look();
      if (pauseMs <= 0) throw new AcmeFailure("refused", DUE_AT_ONCE);
      onInfo(describeIssued(certificate, names, this.#stored!.renewAt));
      return pauseMs;
    } catch (error) {
      if (!lease.lost.aborted) throw error;
      if (lease.lost.reason instanceof TakenOver) return this.#lockedOut();
      throw lease.lost.reason;
    } finally {
      this.#isOrdering = false;
    }
  }

  #lockedOut(): number {
    const { names } = this.#wanted;
    if (!this.#isLockedOut) {
      this.#options.onInfo(
        `waiting with ${names.join(", ")}: another order of the same account is under way`,
      );
    }
    this.#isLockedOut = true;
    return LOCKED_MS;
  }

  /** Turns an error into a warning. @returns how long to wait then, in milliseconds */
  async #orFail(action: () => Promise<number>): Promise<number> {
    try {
      return await action();
    } catch (error) {
      return this.#stopping.signal.aborted ? 0 : await this.#fail(error);
    }
  }

  async #fail(error: unknown): Promise<number> {
    const { store, wallClock, random, onWarning } = this.#options;
    const { id, names, settings } = this.#wanted;
    const now = wallClock();
    const retryAfterMs = error instanceof AcmeFailure ? error.retryAfterMs : undefined;
    const isOfAuthority = error instanceof AcmeFailure;
    const reason = isOfAuthority ? error.message : this.#storeFailure(error);
    const longestMs = isOfAuthority ? undefined : STORE_RETRY_MS;
    const { directory } = settings;
    const inUse = this.#inUse;
    const record = addFailure(this.#failures, {
      ...{ now, random: random(), retryAfterMs, longestMs, startedAt: this.#startedAt, reason },
    });
    this.#failures = record;
    const { retryAt } = record;
    onWarning(describeFailure({ names, directory, reason, inUse, now, retryAt }));
    // A store that cannot be written is the next thing to fail, and is warned of then.
    await store.saveFailures(id, record).catch(() => {});
    return Math.min(record.retryAt - now, LOOK_MS);
  }

  #storeFailure(error: unknown): string {
    const text = plainMessage(error);
    // Deno has no class of its own for some of them, such as a file system that is read-only.
    const isOfSystem = error instanceof Error &&
      (Object.hasOwn(Deno.errors, error.name) || "code" in error);
    if (!isOfSystem) return text;
    const isDenied = ["PermissionDenied", "NotCapable"].includes(error.name);
    const cure = isDenied ? ": let the user of this program write there" : "";
    return `the store ${this.#options.store.folder} cannot be used: ${text}${cure}`;
  }
}
