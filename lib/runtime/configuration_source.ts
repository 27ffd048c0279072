/** Where a configuration comes from, at the start and with each reload. */
import type { Configuration } from "../config/model.ts";
import type { FilesRead } from "./reload_on_change.ts";

export interface ConfigurationSource {
  /**
   * Reads it, checks it and runs its tests.
   *
   * @param current the configuration in force, whose place it is to take
   * @throws {ConfigError} with every problem
   */
  readonly load: (current: Configuration) => Promise<LoadedConfiguration>;
  /** The full path of the file; undefined if there is none. */
  readonly file: string | undefined;
  /** What the configuration that it starts with was made of. */
  readonly first: FilesRead;
}

export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** What is probably not meant: one line each. */
  readonly warnings: readonly string[];
  /** Those that were read, or tried, and whose changes count. */
  readonly files: readonly string[];
}

/** A configuration that stays as it is. */
export function sourceOf(configuration: Configuration): ConfigurationSource {
  return {
    load: () => Promise.resolve({ configuration, warnings: [], files: [] }),
    file: undefined,
    first: { files: [], readAt: 0 },
  };
}
