/**
 * Watchers of directories, which tell of changes to some of their entries. Watching a file itself would miss
 * that another one is put in its place, which is how editors save.
 */
import type { Point } from "./trace.ts";

export interface DirectoryWatchersOptions {
  /** Called if an entry that is watched may have changed: many times for one change. */
  readonly onEvent: () => void;
  /** Called if a directory cannot be watched, or no longer. */
  readonly onFailure: (directory: string, error: Error) => void;
  readonly watchFs: (path: string, options: { recursive: boolean }) => Deno.FsWatcher;
}

interface Watched {
  readonly identity: string;
  readonly watcher: Deno.FsWatcher;
  /** The entries that matter: others, such as a log that grows there, do not. */
  names: ReadonlySet<string>;
  ended: Promise<void>;
}

export class DirectoryWatchers {
  readonly #options: DirectoryWatchersOptions;
  readonly #watched = new Map<string, Watched>();
  /** One for each watcher that is closed, until it has ended. */
  readonly #ending = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: DirectoryWatchersOptions) {
    this.#options = options;
  }

  /**
   * Watches these entries and no others. Directories that stay the same keep their watcher.
   *
   * @returns whether a directory is watched that was not before: what happened in it until now is not known
   */
  async replace(points: readonly Point[]): Promise<boolean> {
    const wanted = Map.groupBy(points, ({ directory }) => directory);
    for (const [directory, watched] of this.#watched) {
      const [entry] = wanted.get(directory) ?? [];
      if (entry?.identity !== watched.identity) this.#close(directory, watched);
    }
    // Deno watches a path once, however many watchers it has: one that is opened before the last one has ended
    // would be told of the directory that was there before.
    await Promise.all(this.#ending);
    if (this.#isClosed) return false;
    let isNew = false;
    for (const [directory, entries] of wanted) {
      const names = new Set(entries.map(({ name }) => name));
      const known = this.#watched.get(directory);
      if (known !== undefined) known.names = names;
      else isNew = this.#add(directory, entries[0]!.identity, names) || isNew;
    }
    return isNew;
  }

  /** Ends when no watcher is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const [directory, watched] of this.#watched) this.#close(directory, watched);
    await Promise.all(this.#ending);
  }

  #add(directory: string, identity: string, names: ReadonlySet<string>): boolean {
    let watcher: Deno.FsWatcher;
    try {
      watcher = this.#options.watchFs(directory, { recursive: false });
    } catch (error) {
      this.#fail(directory, error);
      return false;
    }
    const watched: Watched = { identity, watcher, names, ended: Promise.resolve() };
    this.#watched.set(directory, watched);
    watched.ended = this.#listen(directory, watched);
    return true;
  }

  /** Tells of what happens until the watcher is closed. */
  async #listen(directory: string, watched: Watched): Promise<void> {
    try {
      for await (const { kind, paths } of watched.watcher) {
        // Deno also tells of directories below this one that are watched, and of lost events without a path.
        const concerns = paths.length === 0 || paths.includes(directory) ||
          paths.some((path) => watched.names.has(path.slice(path.lastIndexOf("/") + 1)));
        if (!concerns || kind === "access") continue;
        // Nothing more comes from a directory that was removed or moved: the next look finds what is there.
        if (kind === "remove" && paths.includes(directory)) this.#close(directory, watched);
        this.#options.onEvent();
      }
    } catch (error) {
      this.#close(directory, watched);
      this.#fail(directory, error);
    }
  }

  #close(directory: string, watched: Watched): void {
    if (this.#watched.get(directory) !== watched) return;
    this.#watched.delete(directory);
    watched.watcher.close();
    this.#ending.add(watched.ended);
    watched.ended.finally(() => this.#ending.delete(watched.ended));
  }

  /** One that was removed since it was looked at is no failure: the next look finds what is there. */
  #fail(directory: string, error: unknown): void {
    if (!(error instanceof Error)) throw error;
    if (!(error instanceof Deno.errors.NotFound)) this.#options.onFailure(directory, error);
  }
}
