/** Which clients may use a route: deny wins over allow, and without allow all others may. */
import type { RouteConfig } from "../config/model.ts";
import type { ConditionTools } from "./conditions.ts";

/** @returns undefined if every client may; otherwise whether an address may */
export function compileAccess(
  { allow, deny }: Pick<RouteConfig, "allow" | "deny">,
  { networks }: Pick<ConditionTools, "networks">,
): ((client: string) => boolean) | undefined {
  if (allow === undefined && deny === undefined) return undefined;
  const isAllowed = allow === undefined ? () => true : networks(allow);
  const isDenied = deny === undefined ? () => false : networks(deny);
  return (client) => !isDenied(client) && isAllowed(client);
}
