/**
 * Notices that one of several files has changed, once writing has ended: it looks at them twice a second, so
 * that a certificate is served within one. Caddy looks, too, once a second. So it sees what editors and Kubernetes do by renames and symlinks, also on file systems that
 * tell nothing of what others change.
 *
 * Deno.watchFs would tell sooner, but it opens whatever it tells of. A named pipe in the folder keeps it
 * waiting for a writer, and then the next call of it, or of its close, stops this whole thread, and with it
 * the time that all workers use (seen with Deno 2.9.6, issue 18).
 */
import { Alarm } from "../../time/alarm.ts";
import type { Wheel } from "../../time/timer_wheel.ts";
import { look } from "./look.ts";
import { type Seen, SETTLE_MS, Settling } from "./settling.ts";

/** How often files are looked at, in milliseconds. */
export const POLL_MS = 500;

export interface FileWatchOptions {
  readonly wheel: Wheel;
  /** Called once a file has changed and writing has ended. */
  readonly onChange: () => void;
}

export class FileWatch implements AsyncDisposable {
  readonly #options: FileWatchOptions;
  readonly #settling = new Settling();
  readonly #alarm = new Alarm(() => void this.#enqueue(() => this.#look()));
  #files: readonly string[] = [];
  /** One look after the other. */
  #tail: Promise<void> = Promise.resolve();
  #isDisposed = false;

  constructor(options: FileWatchOptions) {
    this.#options = options;
  }

  /**
   * Watches these files from now on, and no others. A file that does not exist counts as changed when it
   * appears.
   *
   * @param files relative paths start at the working directory
   * @param readAt Date.now() from before they were read: a file that was written later counts as changed; a
   * file that was watched already is compared with what it was then
   * @returns when all of them are watched
   */
  watch(files: readonly string[], readAt: number): Promise<void> {
    return this.#enqueue(async () => {
      this.#files = files;
      const seen = await this.#see();
      this.#settling.replace(seen, readAt);
      this.#judge(seen);
    });
  }

  /** Nothing is told any more, and no timer is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#options.wheel.remove(this.#alarm);
    await this.#tail;
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    this.#tail = this.#tail.then(() => this.#isDisposed ? undefined : task());
    return this.#tail;
  }

  async #look(): Promise<void> {
    this.#judge(await this.#see());
  }

  async #see(): Promise<ReadonlyMap<string, Seen>> {
    const looks = this.#files.map(async (file) => [file, await look(file)] as const);
    return new Map(await Promise.all(looks));
  }

  #judge(seen: ReadonlyMap<string, Seen>): void {
    if (this.#isDisposed) return;
    const { wheel, onChange } = this.#options;
    const { changed, again } = this.#settling.look(seen, wheel.now);
    if (seen.size > 0) wheel.set(this.#alarm, again ? SETTLE_MS : POLL_MS);
    if (changed) onChange();
  }
}
