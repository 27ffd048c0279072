/**
 * Right answers to basic authentication of one route, by their hashes: nobody who reads this memory learns a
 * password. A reload keeps it: a password whose hash changes is known no more, as the hash is part of what
 * is kept.
 */
import { createHmac } from "node:crypto";

/** How many are remembered. */
const MAX_REMEMBERED = 1_000;

/**
 * How long they are after their last use, in milliseconds, by each worker: so whoever is at work does not
 * wait behind the guesses of others.
 */
const REMEMBERED_MS = 600_000;

export class RememberedPasswords {
  readonly #key: string;
  /** Until when each is remembered; the one used last comes last. */
  readonly #until = new Map<string, number>();

  /** @param key of the hashes */
  constructor(key: string) {
    this.#key = key;
  }

  digestOf(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("base64");
  }

  /** Whether it is remembered; then it is for longer, as it was used. @param now in milliseconds */
  has(digest: string, now: number): boolean {
    const until = this.#until.get(digest);
    if (until === undefined || until <= now) return false;
    this.add(digest, now);
    return true;
  }

  add(digest: string, now: number): void {
    this.#until.delete(digest); // if it is there, it becomes the last to make room
    if (this.#until.size >= MAX_REMEMBERED) this.#until.delete(this.#until.keys().next().value!);
    this.#until.set(digest, now + REMEMBERED_MS);
  }
}
