/** What an operator should know about the settings and the machine when the balancer starts. */
import type { Configuration } from "../config/model.ts";

/**
 * @param descriptors how many file descriptors can be opened; undefined if there are plenty
 * @returns one sentence for each warning
 */
export function startWarnings(
  { pools }: Pick<Configuration, "pools">,
  descriptors: number | undefined,
): string[] {
  const warnings: string[] = [];
  if (descriptors !== undefined) {
    warnings.push(
      `only ${descriptors} more file descriptors can be opened, two for each request in flight: ` +
        "raise the limit (ulimit -n, LimitNOFILE= of systemd, ulimits of compose)",
    );
  }
  for (const [name, { sticky }] of Object.entries(pools)) {
    if (sticky?.cookie === undefined || sticky.secret !== undefined) continue;
    warnings.push(
      `the sticky cookie of the pool ${name} has no secret: anyone who knows a backend's address can ` +
        "forge the cookie that selects it",
    );
  }
  return warnings;
}
