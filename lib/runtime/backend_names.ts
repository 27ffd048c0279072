/** What the log calls backends. */
import { idOf } from "../backends/backend.ts";
import type { ResolvedConfiguration } from "./revision.ts";

/**
 * What the log calls backends, by their ids: those that were found by a name have it beside their address, and
 * all of them if pools have found the same one by several.
 */
export function namesOf(
  { pools }: Pick<ResolvedConfiguration, "pools">,
  given: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, string> {
  const named = new Map<string, Set<string>>();
  for (const { url, name } of Object.values(pools).flatMap(({ backends }) => backends)) {
    if (name === undefined) continue;
    const id = idOf(url);
    named.set(id, (named.get(id) ?? new Set()).add(name));
  }
  const texts = [...named].map(([id, names]) => [id, `${id} (${[...names].join(", ")})`] as const);
  return new Map([...texts, ...given ?? []]);
}
