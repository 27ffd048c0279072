/** Reloads when a file that the configuration was made of changes, if `watch` is on. */
import type { Wheel } from "../time/timer_wheel.ts";
import { FileWatch } from "./file_watch/file_watch.ts";

export interface ReloadOnChangeOptions {
  readonly wheel: Wheel;
  readonly reload: () => void;
}

/** What a configuration was made of. */
export interface FilesRead {
  /** Those that were read, or tried. */
  readonly files: readonly string[];
  /** When reading them began, in milliseconds since 1970. */
  readonly readAt: number;
}

export class ReloadOnChange implements AsyncDisposable {
  readonly #options: ReloadOnChangeOptions;
  #watch: FileWatch | undefined;
  #files: readonly string[] = [];

  constructor(options: ReloadOnChangeOptions) {
    this.#options = options;
  }

  /** A configuration is in force that was made of these files. @param isOn whether they are watched */
  async take({ files, readAt }: FilesRead, isOn: boolean): Promise<void> {
    this.#files = isOn ? files : [];
    if (this.#files.length > 0) this.#watch ??= this.#start();
    await this.#watch?.watch(this.#files, readAt);
  }

  /**
   * A configuration was refused that was made of these files: they are watched beside those of the one in
   * force, since the mistake may be in each of them.
   */
  async add({ files, readAt }: FilesRead): Promise<void> {
    const all = new Set([...this.#files, ...files]);
    if (this.#files.length > 0) await this.#watch?.watch([...all], readAt);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch?.[Symbol.asyncDispose]();
  }

  #start(): FileWatch {
    const { wheel, reload } = this.#options;
    return new FileWatch({ wheel, onChange: reload });
  }
}
