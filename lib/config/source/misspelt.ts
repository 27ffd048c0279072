/** Finds variables of the environment that were probably meant to be settings. */
import { suggest } from "../values/suggest.ts";
import { SETTING_NAMES } from "./variables.ts";

/** More letters than these make another name. */
const MAX_LETTERS = 2;

/** What Kubernetes and Docker set for each service, such as ADMIN2_PORT for a service admin2. */
const SERVICE_PORT = /^(?:tcp|udp|sctp):\/\//;

/**
 * @param environment of any program: most of its variables are none of ours
 * @returns a sentence for each that is within two letters of a setting's name, without its value
 */
export function misspelt(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    const meant = SERVICE_PORT.test(value) ? undefined : suggest(name, SETTING_NAMES);
    // A name that a setting only begins with, such as TRUSTED, is too common a word.
    if (meant === undefined || Math.abs(meant.length - name.length) > MAX_LETTERS) return [];
    return [`${name} in the environment is no setting, did you mean ${meant}?`];
  });
}
