/**
 * Lets one balancer at a time talk to an authority as an account, of those that share a store.
 *
 * The lock is a file that only one can create. It names its owner and a time, which the owner renews every 20 s.
 * Another one that sees the same text for 90 s of its own time takes it for the lock of a balancer that is gone: so
 * the clocks of machines need not agree. To take it over it moves the file away, which only one can do, looks
 * whether what it has moved is what it saw, and creates its own. An owner that was only slow notices, when it
 * renews, that the lock is no longer its own, and gives up.
 */
import { Timed, type Wheel } from "../../time/timer_wheel.ts";
import { parseJson } from "../problem.ts";
import { createFile, type Disk, readFile, removeFile, UNFINISHED, writeFile } from "./disk.ts";

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
  /** Another one's lock, as it was seen, and since when it says that. */
  #seen: { readonly text: string; readonly since: number } | undefined;

  constructor(path: string, options: LockOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** @returns undefined if another one has it */
  async take(): Promise<Lease | undefined> {
    const { disk, wheel } = this.#options;
    const text = await readFile(disk, this.#path);
    if (text === undefined) return await this.#create();
    if (this.#seen?.text !== text) this.#seen = { text, since: wheel.now };
    if (wheel.now - this.#seen.since < STALE_MS) return undefined;
    return await this.#moveAway(text) ? await this.#create() : undefined;
  }

  async #create(): Promise<Lease | undefined> {
    this.#seen = undefined;
    try {
      await createFile(this.#options.disk, this.#path, lockText(this.#owner, this.#options));
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return undefined;
      throw error;
    }
    return new Lease(this.#path, this.#owner, this.#options);
  }

  /** @returns whether this one did */
  async #moveAway(stale: string): Promise<boolean> {
    const { disk } = this.#options;
    const aside = `${this.#path}.${this.#owner}${UNFINISHED}`; // if this crashes, it is cleared away
    try {
      await disk.rename(this.#path, aside);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false; // another one was faster
      throw error;
    }
    const moved = await readFile(disk, aside) ?? "";
    await removeFile(disk, aside);
    if (moved === stale) return true;
    // Another one took it over between our look and our move: it gets it back, unless a third one was faster.
    await createFile(disk, this.#path, moved).catch(ignoreExisting);
    return false;
  }
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

  /** Is aborted if another one has taken the lock over. */
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
      if (!await this.#isOwn()) throw new Error("another balancer has taken over the lock");
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

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
}

function lockText(owner: string, { wallClock }: LockOptions): string {
  return `${JSON.stringify({ owner, time: new Date(wallClock()).toISOString() })}\n`;
}

function ownerIn(text: string): unknown {
  const lock = parseJson(text);
  return typeof lock === "object" && lock !== null && "owner" in lock ? lock.owner : undefined;
}
