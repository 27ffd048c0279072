/** Which settings are secrets: no message and no report shows them. */

/** Names of settings whose values are secrets, or `file` in an object. */
const NAMES: ReadonlySet<unknown> = new Set(["secret", "token", "readToken", "password"]);

/** Whether the value at a path is a secret, or the hash of one. @param path as far as it is known */
export function isSecretPath(path: readonly (string | number)[]): boolean {
  const last = path.at(-1);
  if (last === "file") return false;
  return path.some((step) => NAMES.has(step)) ||
    path.includes("eab") && path.includes("key") ||
    path.some((step, index) => step === "users" && path[index - 1] === "basicAuth");
}
