/**
 * Decides when files have changed and writing has ended: once two looks, some time apart, see the same, and
 * it is not what was seen when the files were read. Whatever is written after those two looks has a later
 * time of writing, so no change is missed because the clock of a file system is coarse.
 */

/** How far apart two looks are that must see the same, in milliseconds. */
export const SETTLE_MS = 100;

/** Files that keep changing count as changed after this time, in milliseconds, and then again. */
export const MAX_UNSETTLED_MS = 2_000;

/** How far the times of a file system may lag behind Date.now(), in milliseconds: two ticks of the kernel. */
const LAG_MS = 20;

/** What one look saw of a file. */
export interface Seen {
  /** Tells one state of the file from another. */
  readonly state: string;
  /** When it was written last, in milliseconds since 1970; -Infinity if there is no file. */
  readonly writtenAt: number;
}

/** What a look comes to. */
export interface Verdict {
  /** Whether the files have changed. */
  readonly changed: boolean;
  /** Whether to look again after {@linkcode SETTLE_MS}, and not before. */
  readonly again: boolean;
}

type States = ReadonlyMap<string, string>;

/** The state of a file that may have changed after it was read: it is equal to none. */
const UNKNOWN = "";

export class Settling {
  /** What the files were when they were read. */
  #read: States = new Map();
  /** What the last look saw; undefined if all is quiet. */
  #last: States | undefined;
  /** Since when it is not quiet, in milliseconds on the caller's clock. */
  #since = 0;
  /** Whether a change was told of before writing had ended: the end of it is another one. */
  #isOwed = false;

  /** Whether files are changing. */
  get isUnsettled(): boolean {
    return this.#last !== undefined;
  }

  /**
   * Sets the files. Those that are known already are compared with what they were.
   *
   * @param files as a look sees them now
   * @param readAt when reading them began, in milliseconds since 1970: a file that was written later may have
   * changed since
   */
  replace(files: ReadonlyMap<string, Seen>, readAt: number): void {
    const before = this.#read;
    this.#read = new Map(
      [...files].map(([file, { state, writtenAt }]) => [
        file,
        before.get(file) ?? (writtenAt >= readAt - LAG_MS ? UNKNOWN : state),
      ]),
    );
    this.#last = undefined;
  }

  /** @param now in milliseconds, on a clock that never goes back */
  look(files: ReadonlyMap<string, Seen>, now: number): Verdict {
    const states = new Map([...files].map(([file, { state }]) => [file, state]));
    const last = this.#last;
    const isChanged = this.#isOwed || !isSame(states, this.#read);
    if (last === undefined) {
      if (!isChanged) return { changed: false, again: false };
      this.#since = now;
    } else if (isSame(states, last)) {
      this.#last = undefined;
      this.#isOwed = false;
      this.#read = states;
      return { changed: isChanged, again: false };
    }
    this.#last = states;
    if (now - this.#since < MAX_UNSETTLED_MS) return { changed: false, again: true };
    this.#since = now;
    this.#isOwed = true;
    this.#read = states;
    return { changed: true, again: true };
  }
}

function isSame(one: States, other: States): boolean {
  return one.size === other.size && [...one].every(([file, state]) => other.get(file) === state);
}
