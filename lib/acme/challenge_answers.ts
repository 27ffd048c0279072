/**
 * What balancers answer an authority that asks for a token: whatever one of those that share a store has put there.
 *
 * Whoever asks may ask for anything, so the store is not read for each request: one look at it serves all requests
 * that came before it, and there is one each 100 ms at most. A token that was stored before a request came is found.
 */
import type { Wheel } from "../time/timer_wheel.ts";
import { Challenges, isToken } from "./store/challenges.ts";
import type { Disk } from "./store/disk.ts";
import { pause } from "./waiting.ts";

/** Between two looks at the store, in milliseconds. */
const INTERVAL_MS = 100;

export interface ChallengeAnswersOptions {
  /** The folder of the store. */
  readonly store: string;
  readonly disk?: Disk;
  readonly wheel: Wheel;
  /** Called with why the store cannot be read. */
  readonly onProblem: (error: unknown) => void;
}

/** What the store had, and what was read of it since. */
interface Look {
  readonly tokens: ReadonlySet<string>;
  readonly texts: Map<string, Promise<string | undefined>>;
}

export class ChallengeAnswers {
  readonly #options: ChallengeAnswersOptions;
  readonly #challenges: Challenges;
  readonly #never = new AbortController().signal;
  #lookedAt = -Infinity;
  /** The look that has not begun yet: it serves whoever comes before it does. */
  #next: Promise<Look> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ChallengeAnswersOptions) {
    this.#options = options;
    this.#challenges = new Challenges(options.store, options.disk);
  }

  /** @returns undefined if this token is not pending. @param token whatever a client sent */
  async answer(token: string): Promise<string | undefined> {
    if (!isToken(token)) return undefined;
    try {
      const { tokens, texts } = await (this.#next ??= this.#lookNext());
      if (!tokens.has(token)) return undefined;
      if (!texts.has(token)) texts.set(token, this.#challenges.read(token));
      return await texts.get(token);
    } catch (error) {
      this.#options.onProblem(error);
      return undefined;
    }
  }

  async #lookNext(): Promise<Look> {
    const { wheel } = this.#options;
    await this.#last;
    const waitMs = this.#lookedAt + INTERVAL_MS - wheel.now;
    if (waitMs > 0) await pause(wheel, waitMs, this.#never);
    this.#next = undefined;
    this.#lookedAt = wheel.now;
    const looking = this.#challenges.tokens();
    this.#last = looking.catch(() => {}); // whoever waits for it learns of that
    return { tokens: new Set(await looking), texts: new Map() };
  }
}
