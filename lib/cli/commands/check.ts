/** `roundabout check`: checks the settings and prints them with their defaults. */
import { DEFAULTS, SETTING_NAMES, type SettingName } from "../../config/schema.ts";
import { print } from "../../logging/log.ts";
import { loadSettings } from "../settings.ts";

export const HELP = `roundabout check: check the settings

Usage: roundabout check

Prints every setting as it would be applied, or everything that is wrong with them, with exit status 2.
`;

export function run(): Promise<number> {
  const { texts } = loadSettings();
  print(SETTING_NAMES.map((name) => `${name}=${displayValue(name, texts[name])}\n`).join(""));
  return Promise.resolve(0);
}

/** The value of a setting as a user would write it, or its default; a secret is masked. */
function displayValue(name: SettingName, text: string | undefined): string {
  const isSecret = name === "STICKY_SECRET" && text && text !== DEFAULTS.STICKY_SECRET;
  return isSecret ? "***" : text || DEFAULTS[name];
}
