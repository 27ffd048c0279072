/** The error of a configuration that cannot be used. */

/** What cannot be done, and what has several problems. */
const SUBJECTS = {
  "start": "the settings have",
  "check readiness": "the settings have",
  "ask the balancer": "the settings have",
  "simulate": "the scenario has",
  "try the request": "it has",
  "accept the configuration": "its tests have",
  "compare the configuration": "the flags have",
  "make a certificate": "the command line has",
} as const;

/** Settings are wrong; the message has every problem. */
export class ConfigError extends Error {
  override name = "ConfigError";
  readonly problems: readonly string[];

  /**
   * @param problems at least one; each begins with a setting's name, or with a place in a file
   * @param total how many there are, if these are only the first ones
   * @param files those that were read, or tried: once one of them changes, the problems may be gone
   */
  constructor(
    problems: readonly string[],
    what: keyof typeof SUBJECTS = "start",
    total = problems.length,
    readonly files: readonly string[] = [],
  ) {
    super(explain(problems, what, total));
    this.problems = problems;
  }
}

function explain(
  problems: readonly string[],
  what: keyof typeof SUBJECTS,
  total: number,
): string {
  const count = total === 1 ? "1 problem" : `${total} problems`;
  const more = total > problems.length ? ["and others"] : [];
  // A place in a file takes several lines.
  if (problems.some((problem) => problem.includes("\n"))) {
    const reason = what === "accept the configuration"
      ? (total === 1 ? "a test fails" : `${total} tests fail`)
      : `the configuration has ${count}`;
    return `Cannot ${what} as ${reason}:\n\n${[...problems, ...more].join("\n\n")}`;
  }
  return problems.length === 1
    ? `Cannot ${what} as ${problems[0]}`
    : `Cannot ${what} as ${SUBJECTS[what]} ${count}:\n${
      problems.map((problem) => `  ${problem}`).join("\n")
    }`;
}
