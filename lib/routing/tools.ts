/** Loads what conditions of routes need. What no route uses is not loaded: its memory would be held for ever. */
import { remembering } from "../http/trusted_proxies.ts";
import type { ConditionTools, Match } from "./conditions.ts";

/** @throws {SyntaxError} never: expressions were compiled when the configuration was checked */
export async function loadConditionTools(matches: readonly Match[]): Promise<ConditionTools> {
  const values = matches.flatMap(({ headers = {}, query = {} }) => [
    ...Object.values(headers),
    ...Object.values(query),
  ]);
  const expressions = values.some((value) => "matches" in value)
    ? (await import("./expression.ts")).compileExpression
    : unavailable;
  const networks = matches.some(({ client }) => client !== undefined)
    ? (await import("../net/address_list.ts")).belongsTo
    : unavailable;
  return {
    expression: expressions,
    networks: (list) => remembering(networks(list)),
  };
}

function unavailable(): never {
  throw new Error("Cannot compile a condition that no match had");
}
