/**
 * Notices that one of several files has changed, once writing has ended. The file system tells of changes
 * in directories, and symlinks on the way are followed, as Kubernetes swaps them. Beside that the files are
 * looked at every few seconds: network file systems tell nothing of what others change, and there may be
 * too many watchers already.
 */
import { plainMessage } from "../../net/plain_message.ts";
import { Timed, type Wheel } from "../../time/timer_wheel.ts";
import { DirectoryWatchers, type DirectoryWatchersOptions } from "./directory_watchers.ts";
import { SETTLE_MS, Settling } from "./settling.ts";
import { lookUpOnce, type Trace, trace } from "./trace.ts";

/**
 * How often files are looked at, in milliseconds, whatever the file system tells. Deno leaves out some events
 * of symlinks that lead out of their directory or in a circle.
 */
export const POLL_MS = 5_000;

/** A look that begins to watch directories is repeated, as they may have changed just before; this often. */
const MAX_ROUNDS = 3;

export interface FileWatchOptions {
  readonly wheel: Wheel;
  /** Called once a file, or what leads to it, has changed and writing has ended. */
  readonly onChange: () => void;
  /** Called once at most: if a directory cannot be watched, changes are still found, but later. */
  readonly onWarning: (warning: string) => void;
  /** By default `Deno.watchFs`. */
  readonly watchFs?: DirectoryWatchersOptions["watchFs"];
}

export class FileWatch implements AsyncDisposable {
  readonly #options: FileWatchOptions;
  readonly #settling = new Settling();
  readonly #directories: DirectoryWatchers;
  readonly #alarm = new Alarm(() => void this.#enqueue(() => this.#look()));
  readonly #workingDirectory = Deno.cwd();
  #files: readonly string[] = [];
  /** One look after the other. */
  #tail: Promise<void> = Promise.resolve();
  /** Whether a look follows that will see what an event tells of. */
  #isNoticed = false;
  #hasWarned = false;
  #isDisposed = false;

  constructor(options: FileWatchOptions) {
    this.#options = options;
    this.#directories = new DirectoryWatchers({
      onEvent: () => this.#notice(),
      onFailure: (directory, error) => this.#warn(directory, error),
      watchFs: options.watchFs ?? Deno.watchFs,
    });
  }

  /**
   * Watches these files from now on, and no others. A file that does not exist counts as changed when it
   * appears. To miss nothing between the first reading and this call, call it before reading for the files
   * that are known by then.
   *
   * @param files relative paths start at the working directory
   * @param readAt Date.now() from before they were read: a file that was written later counts as changed; a
   * file that was watched already is compared with what it was then
   * @returns when all of them are watched
   */
  watch(files: readonly string[], readAt: number): Promise<void> {
    return this.#enqueue(async () => {
      this.#files = files.map((file) =>
        file.startsWith("/") ? file : `${this.#workingDirectory}/${file}`
      );
      const traces = await this.#follow();
      this.#settling.replace(traces, readAt);
      this.#judge(traces);
    });
  }

  /** Ends when no watcher and no timer is left. Nothing is told any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#options.wheel.remove(this.#alarm);
    await this.#directories.close();
    await this.#tail;
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    this.#tail = this.#tail.then(() => this.#isDisposed ? undefined : task());
    return this.#tail;
  }

  /** While files are changing, the alarm says when to look. */
  #notice(): void {
    if (this.#isNoticed) return;
    this.#isNoticed = true;
    this.#enqueue(async () => {
      this.#isNoticed = false;
      if (!this.#settling.isUnsettled) await this.#look();
    });
  }

  async #look(): Promise<void> {
    this.#judge(await this.#follow());
  }

  /** Looks at all files, and watches the directories that lead to them now. */
  async #follow(): Promise<ReadonlyMap<string, Trace>> {
    for (let round = 1;; round++) {
      const lookUp = lookUpOnce();
      const traces = new Map(
        await Promise.all(
          this.#files.map(async (file) => [file, await trace(file, lookUp)] as const),
        ),
      );
      const points = [...traces.values()].flatMap(({ points }) => points);
      const isNew = await this.#directories.replace(points);
      if (!isNew || round === MAX_ROUNDS) return traces;
    }
  }

  #judge(traces: ReadonlyMap<string, Trace>): void {
    if (this.#isDisposed) return;
    const { wheel, onChange } = this.#options;
    const { changed, again } = this.#settling.look(traces, wheel.now);
    wheel.set(this.#alarm, again ? SETTLE_MS : POLL_MS);
    if (changed) onChange();
  }

  #warn(directory: string, error: Error): void {
    if (this.#hasWarned || this.#isDisposed) return;
    this.#hasWarned = true;
    this.#options.onWarning(
      `Cannot watch ${directory} as ${plainMessage(error)}: changes are found by looking every ` +
        `${POLL_MS / 1_000} s`,
    );
  }
}

class Alarm extends Timed {
  readonly #action: () => void;

  constructor(action: () => void) {
    super();
    this.#action = action;
  }

  override expire(): void {
    this.#action();
  }
}
