/** Loads the settings for a command, and warns of what is probably not meant. */
import { misspeltVariables, parseConfig, readSettings } from "../config/load.ts";
import type { SettingTexts } from "../config/parse.ts";
import type { Config } from "../config/schema.ts";
import { withoutEffect } from "../config/without_effect.ts";
import { log } from "../logging/log.ts";

/** Loads all settings. @throws {ConfigError} with every problem */
export function loadSettings(): { texts: SettingTexts; config: Config } {
  warn(misspeltVariables()); // first, as one of them may be why a required setting is missing
  const texts = readSettings();
  const config = parseConfig(texts);
  warn(withoutEffect(texts, config));
  return { texts, config };
}

/** Logs each of the warnings. */
export function warn(warnings: readonly string[]): void {
  for (const warning of warnings) log("warn", warning);
}
