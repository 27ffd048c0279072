/** Masks secrets in the text of a configuration file, so that lines of it can be shown. */

/** The last names of settings that are secrets. */
export const SECRET_NAMES: ReadonlySet<unknown> = new Set(["secret", "token", "readToken", "key"]);

/** Values of settings that are secrets, hashes of passwords, and credentials in URLs. */
const SECRETS = [
  /("(?:secret|token|readToken|key|password)"\s*:\s*")((?:[^"\\\n]|\\.)*)/g,
  /()(\$2[abxy]\$[^"\n]*)/g,
  /(\/\/)([^/\s"@]*(?=@))/g,
];

/** @returns a text of the same length */
export function maskSecrets(text: string): string {
  return SECRETS.reduce(
    (masked, pattern) =>
      masked.replace(pattern, (_, before: string, secret: string) => before + mask(secret)),
    text,
  );
}

/** A reference to a variable is no secret. */
function mask(secret: string): string {
  return /^\$\{[A-Za-z_]\w*\}$/.test(secret) ? secret : "*".repeat(secret.length);
}
