/** The words `name=value` on the command lines of benches. */

/**
 * @param usual the default of each parameter; one that is a number stays a number
 * @returns all of them, with those that were given in place of their defaults
 * @throws {RangeError} if a word is none of them, or no number where one is needed
 */
export function readParameters<Values extends Record<string, number | string>>(
  words: readonly string[],
  usual: Values,
): Values {
  const values: Record<string, number | string> = { ...usual };
  for (const word of words) {
    const [name = "", value = ""] = word.split("=", 2);
    const before = values[name];
    const isRight = before !== undefined && value !== "" &&
      (typeof before === "string" || Number(value) >= 0);
    if (!isRight) {
      const known = Object.entries(usual).map(([name, value]) => `${name}=${value}`).join(" ");
      throw new RangeError(`Cannot use "${word}": parameters, and their defaults, are ${known}`);
    }
    values[name] = typeof before === "number" ? Number(value) : value;
  }
  return values as Values;
}

/** Programs that a bench needs, each with the package of Debian that has it. */
const PACKAGES = {
  go: "golang-go",
  haproxy: "haproxy",
  nginx: "nginx-light",
  openssl: "openssl",
  taskset: "util-linux",
  wrk: "wrk",
};

/** @throws if one of these programs is not installed */
export async function needPrograms(names: readonly (keyof typeof PACKAGES)[]): Promise<void> {
  const missing: string[] = [];
  for (const name of names) {
    try {
      await new Deno.Command(name, { args: ["--help"], stdout: "null", stderr: "null" }).output();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      missing.push(`${name} (apt-get install ${PACKAGES[name]})`);
    }
  }
  if (missing.length > 0) throw new Error(`Cannot measure without ${missing.join(", ")}`);
}
