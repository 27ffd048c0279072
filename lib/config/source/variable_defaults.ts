/** The defaults of variables, as a user would write them. */
import { defaultOf } from "../schema/default_of.ts";
import { VARIABLE_NAMES, type VariableName, VARIABLES } from "./variables.ts";

/** By name; `USERS_SERVICE`, `ADMIN_TOKEN`, those of TLS and of ACME have none: theirs is empty. */
export const DEFAULTS = Object.fromEntries(
  VARIABLE_NAMES.map((name) => [name, textOf(defaultOf(VARIABLES[name].path))]),
) as Readonly<Record<VariableName, string>>;

function textOf(value: unknown): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  if (Array.isArray(value)) return "none";
  return value === undefined ? "" : String(value);
}
