/**
 * Reloads: reads the configuration again and puts it in force, whole or not at all. One is under way at a
 * time; whoever asks meanwhile gets the next one, which reads what is there by then.
 */
import { changesOf } from "../config/changes.ts";
import { ConfigError } from "../config/error.ts";
import { needsRestart } from "../config/needs_restart.ts";
import type { Configuration } from "../config/model.ts";
import { log, setLogLevel } from "../logging/log.ts";
import { routeIdOf } from "../routing/route_id.ts";
import type { LiveConfiguration } from "./live_configuration.ts";
import type { ConfigurationSource, LoadedConfiguration } from "./configuration_source.ts";
import type { FilesRead } from "./reload_on_change.ts";

/** Who asks for a reload. */
export type ReloadedBy = "SIGHUP" | "the admin port" | "a changed file";

/** What came of a reload. */
export type Reloaded =
  | { readonly kind: "applied"; readonly number: number; readonly changes: readonly string[] }
  | { readonly kind: "unchanged"; readonly number: number }
  | { readonly kind: "refused"; readonly number: number; readonly problems: readonly string[] };

export interface ReloadsOptions {
  readonly source: ConfigurationSource;
  readonly live: LiveConfiguration;
  /** In milliseconds since 1970. */
  readonly now: () => number;
  /** How many requests are in flight at a backend. @param url its own */
  readonly inFlightAt: (pool: string, url: string) => number;
  /** Called with what a configuration was made of: it is in force, or was refused. */
  readonly onRead: (read: FilesRead, isRefused: boolean) => void;
}

export class Reloads {
  readonly #options: ReloadsOptions;
  /** The number of the configuration in force, from 1. */
  #number = 1;
  #since: number;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<Reloaded> | undefined;
  #last: (Reloaded & { readonly at: number }) | undefined;
  readonly #counts = { applied: 0, unchanged: 0, refused: 0 };

  constructor(options: ReloadsOptions) {
    this.#options = options;
    this.#since = options.now();
  }

  /** The path of the configuration file; undefined if there is none. */
  get file(): string | undefined {
    return this.#options.source.file;
  }

  /** The number of the configuration in force, from 1. */
  get number(): number {
    return this.#number;
  }

  /** Since when it is in force, in milliseconds since 1970. */
  get since(): number {
    return this.#since;
  }

  /** What came of the last reload, and when; undefined if there was none. */
  get last(): (Reloaded & { readonly at: number }) | undefined {
    return this.#last;
  }

  /** How many reloads ended how. */
  get counts(): Readonly<Record<Reloaded["kind"], number>> {
    return this.#counts;
  }

  /** Reads the configuration after this call, and puts it in force. @param by who asked for it, for the log */
  reload(by: ReloadedBy): Promise<Reloaded> {
    const start = () => {
      this.#next = undefined;
      return this.#running = this.#run(by);
    };
    return this.#next ??= this.#running.then(start, start);
  }

  /** What a reload would come to now; nothing changes. */
  async preview(): Promise<Reloaded> {
    try {
      const { configuration } = await this.#options.source.load(this.#options.live.written);
      return this.#compare(configuration);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return this.#refuse(error.problems);
    }
  }

  async #run(by: ReloadedBy): Promise<Reloaded> {
    const reloaded = await this.#reload().catch((error) =>
      this.#refuse([`a fault of this program: ${error}`])
    );
    this.#last = { ...reloaded, at: this.#options.now() };
    this.#counts[reloaded.kind]++;
    announce(reloaded, by);
    return reloaded;
  }

  async #reload(): Promise<Reloaded> {
    const { source, live, now, onRead } = this.#options;
    const readAt = now();
    try {
      const loaded = await source.load(live.written);
      const reloaded = await this.#apply(loaded);
      onRead({ files: loaded.files, readAt }, reloaded.kind === "refused");
      return reloaded;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      onRead({ files: error.files, readAt }, true);
      return this.#refuse(error.problems);
    }
  }

  async #apply({ configuration, warnings }: LoadedConfiguration): Promise<Reloaded> {
    const compared = this.#compare(configuration);
    if (compared.kind !== "applied") return compared;
    const changed = await this.#options.live.change(configuration);
    if (typeof changed === "string") return this.#refuse([changed]);
    for (const warning of warnings) log("warn", warning);
    setLogLevel(configuration.log.level);
    this.#number++;
    this.#since = this.#options.now();
    return { ...compared, number: this.#number };
  }

  /** What it would come to if a configuration took the place of the one in force, under the next number. */
  #compare(configuration: Configuration): Reloaded {
    const { live: { written }, inFlightAt } = this.#options;
    const fixed = needsRestart(written, configuration);
    if (fixed.length > 0) return this.#refuse(fixed);
    const changes = changesOf(written, configuration, { routeIdOf, inFlightAt });
    return changes.length === 0
      ? { kind: "unchanged", number: this.#number }
      : { kind: "applied", number: this.#number + 1, changes };
  }

  #refuse(problems: readonly string[]): Reloaded {
    return { kind: "refused", number: this.#number, problems };
  }
}

/** Problems that are logged of one reload; whoever asked for it gets all of them. */
const MAX_LOGGED = 10;

function announce(reloaded: Reloaded, by: ReloadedBy): void {
  const { number } = reloaded;
  switch (reloaded.kind) {
    case "applied":
      return log("info", `configuration ${number}, by ${by}: ${reloaded.changes.join("; ")}`);
    case "unchanged":
      // Files are touched without any change.
      if (by !== "a changed file") {
        log("info", `configuration ${number} stays: nothing has changed`);
      }
      return;
    case "refused": {
      const { problems } = reloaded;
      log(
        "error",
        `Cannot reload by ${by}: configuration ${number} stays, problems: ${problems.length}`,
      );
      for (const problem of problems.slice(0, MAX_LOGGED)) log("error", problem.split("\n", 1)[0]!);
    }
  }
}
