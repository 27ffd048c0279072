/**
 * A scenario in words: its requests, its backends, and the settings that differ from the defaults.
 */
import { DEFAULTS } from "../../config/source/variable_defaults.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { SIMULATED_SETTINGS } from "../scenario/settings.ts";
import { formatCount, formatSeconds } from "./units.ts";

export function describeScenario(scenario: Scenario): string {
  const { backends, seed, settings } = scenario;
  const changed = SIMULATED_SETTINGS.filter((name) =>
    settings[name] !== undefined && settings[name] !== DEFAULTS[name]
  );
  const to = formatCount(backends.length, "backend");
  return [
    `Simulated: ${describeRequests(scenario)}, to ${to}; seed ${seed}`,
    ...backends.map(({ name, text }) => `  ${name}: ${text}`),
    ...changed.map((name) => `  ${name}=${settings[name]}`),
  ].join("\n") + "\n";
}

function describeRequests({ arrivals, skipped, traffic, durationMs }: Scenario): string {
  const duration = formatSeconds(durationMs);
  if (traffic === undefined) {
    const leftOut = skipped > 0 ? `, ${formatCount(skipped, "refused one")} skipped` : "";
    return `${formatCount(arrivals.count, "recorded request")} over ${duration}${leftOut}`;
  }
  const { requests, rate, posts, clients } = traffic;
  return `${formatCount(requests, "request")} over ${duration}, ${rate} a second, ` +
    `${Math.round(posts * 100)}% POST, from ${formatCount(clients, "client")}`;
}
