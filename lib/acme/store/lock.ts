/**
 * Lets one balancer at a time talk to an authority as an account, of those that share a store.
 *
 * The lock is a file that only one can create. It names its owner and a time, which the owner renews every 20 s.
 * Another one that sees the same text for 90 s of its own time takes it for the lock of a balancer that is gone: so
 * the clocks of machines need not agree. To take it over it creates a second file, the guard, which again only one
 * can; looks whether the lock still says the same; replaces it, so that it is never absent; and removes the guard.
 * A guard that a crash left behind is removed after 90 s, too. An owner that was only slow notices, when it renews,
 * that the lock is no longer its own, and gives up.
 */
import { Timed, type Wheel } from "../../time/timer_wheel.ts";
import { parseJson } from "../problem.ts";
import { createFile, type Disk, readFile, removeFile, writeFile } from "./disk.ts";

const RENEWAL_MS = 20_000;
export const STALE_MS = 90_000;

export interface LockOptions {
  readonly disk: Disk;
  readonly wheel: Wheel;
  /** The time of day, in milliseconds since 1970. */
  readonly wallClock: () => number;
}

export class StoreLock {
  readonly #path: string;
  readonly #options: LockOptions;
  readonly #owner = crypto.randomUUID();
  /** Another one's lock and guard, as they were seen. */
  readonly #lock: Sighting;
  readonly #guard: Sighting;

  constructor(path: string, options: LockOptions) {
    this.#path = path;
    this.#options = options;
    this.#lock = new Sighting(path, options);
    this.#guard = new Sighting(`${path}.guard`, options);
  }

  /** @returns undefined if another one has it */
  async take(): Promise<Lease | undefined> {
    const text = await this.#lock.look();
    const hasIt = text === undefined
      ? await this.#create(this.#path)
      : this.#lock.isStale && await this.#takeOver(text);
    return hasIt ? new Lease(this.#path, this.#owner, this.#options) : undefined;
  }

  /** @returns whether this one did */
  async #create(path: string): Promise<boolean> {
    try {
      await createFile(this.#options.disk, path, lockText(this.#owner, this.#options));
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return false;
      throw error;
    }
  }

  /** @returns whether this one did */
  async #takeOver(stale: string): Promise<boolean> {
    const { disk } = this.#options;
    const guard = this.#guard.path;
    if (await this.#guard.look() !== undefined && this.#guard.isStale) {
      await removeFile(disk, guard);
    }
    if (!await this.#create(guard)) return false;
    try {
      if (await readFile(disk, this.#path) !== stale) return false; // another one was faster
      await writeFile(disk, this.#path, lockText(this.#owner, this.#options));
      return true;
    } finally {
      await removeFile(disk, guard);
    }
  }
}

/** A file of another one, and for how long it has not changed. */
class Sighting {
  readonly path: string;
  readonly #options: LockOptions;
  #text: string | undefined;
  #since = 0;

  constructor(path: string, options: LockOptions) {
    this.path = path;
    this.#options = options;
  }

  /** @returns what it says; undefined if it does not exist */
  async look(): Promise<string | undefined> {
    const { disk, wheel } = this.#options;
    const text = await readFile(disk, this.path);
    if (text !== this.#text) this.#since = wheel.now;
    this.#text = text;
    return text;
  }

  /** Whether whoever made it is gone. */
  get isStale(): boolean {
    return this.#text !== undefined && this.#options.wheel.now - this.#since >= STALE_MS;
  }
}

/** Why a lock is lost, if nothing is wrong with the store. */
export class TakenOver extends Error {
  override readonly name = "TakenOver";
}

/** The lock, as long as it is held. */
export class Lease extends Timed {
  readonly #path: string;
  readonly #owner: string;
  readonly #options: LockOptions;
  readonly #lost = new AbortController();
  #renewing: Promise<void> = Promise.resolve();

  constructor(path: string, owner: string, options: LockOptions) {
    super();
    this.#path = path;
    this.#owner = owner;
    this.#options = options;
    options.wheel.set(this, RENEWAL_MS);
  }

  /** Is aborted if another one has it now, with {@linkcode TakenOver}, or if the store cannot be used. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  override expire(): void {
    this.#renewing = this.#renew();
  }

  /** Gives it back; it is never another one's. */
  async release(): Promise<void> {
    const { wheel, disk } = this.#options;
    wheel.remove(this);
    await this.#renewing;
    wheel.remove(this);
    if (await this.#isOwn()) await removeFile(disk, this.#path);
  }

  async #renew(): Promise<void> {
    const { disk, wheel } = this.#options;
    try {
      if (!await this.#isOwn()) throw new TakenOver("another balancer has taken over the lock");
      await writeFile(disk, this.#path, lockText(this.#owner, this.#options));
      wheel.set(this, RENEWAL_MS);
    } catch (error) {
      this.#lost.abort(error); // whoever cannot renew it will lose it soon
    }
  }

  async #isOwn(): Promise<boolean> {
    const text = await readFile(this.#options.disk, this.#path);
    return text !== undefined && ownerIn(text) === this.#owner;
  }
}

function lockText(owner: string, { wallClock }: LockOptions): string {
  return `${JSON.stringify({ owner, time: new Date(wallClock()).toISOString() })}\n`;
}

function ownerIn(text: string): unknown {
  const lock = parseJson(text);
  return typeof lock === "object" && lock !== null && "owner" in lock ? lock.owner : undefined;
}
