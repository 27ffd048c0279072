/** What the log calls backends. */
import { idOf } from "../backends/backend.ts";
import type { ResolvedConfiguration } from "./revision.ts";

/** What the log calls backends, by their ids: those that were found by a name have it beside their address. */
export function namesOf(
  { pools }: ResolvedConfiguration,
  given: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, string> {
  const named = Object.values(pools).flatMap(({ backends }) =>
    backends.flatMap(({ url, name }): [string, string][] =>
      name === undefined ? [] : [[idOf(url), `${idOf(url)} (${name})`]]
    )
  );
  return new Map([...named, ...given ?? []]);
}
