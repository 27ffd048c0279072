/** What an operator should know about the settings and the machine when the balancer starts. */
import type { Config } from "../config/schema.ts";

/**
 * @param descriptors how many file descriptors can be opened; undefined if there are plenty
 * @returns one sentence for each warning
 */
export function startWarnings(
  { STICKY_COOKIE, STICKY_SECRET }: Pick<Config, "STICKY_COOKIE" | "STICKY_SECRET">,
  descriptors: number | undefined,
): string[] {
  const warnings: string[] = [];
  if (descriptors !== undefined) {
    warnings.push(
      `only ${descriptors} more file descriptors can be opened, two for each request in flight: ` +
        "raise the limit (ulimit -n, LimitNOFILE= of systemd, ulimits of compose)",
    );
  }
  if (STICKY_COOKIE !== undefined && STICKY_SECRET === undefined) {
    warnings.push(
      "STICKY_SECRET is not set: anyone who knows a backend's address can forge the cookie that " +
        "selects it",
    );
  }
  return warnings;
}
