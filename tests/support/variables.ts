/** What variables of the environment come to, for tests of configuration. */
import { assemble, type Assembled } from "../../lib/config/assemble.ts";
import type { Configuration } from "../../lib/config/model.ts";
import type { VariableTexts } from "../../lib/config/source/environment.ts";
import { type VariableName, VARIABLES } from "../../lib/config/source/variables.ts";

/** The least that is a complete configuration. */
export const USERS = { USERS_SERVICE: "http://a" };

export function assembleVariables(variables: VariableTexts): Assembled {
  return assemble({ variables, environment: {}, file: undefined }, []);
}

/** A problem with one variable, or with an entry of it. */
export interface VariableProblem {
  readonly name: string;
  readonly expected: string;
  readonly shown: string;
  readonly place: string | undefined;
  readonly meant: string | undefined;
}

/** The errors, in their order. */
export function problemsOf(variables: VariableTexts): VariableProblem[] {
  return assembleVariables(variables).problems.filter(({ severity }) => severity === "error")
    .map(({ message, place, meant }) => {
      if (place?.kind !== "variable") throw new Error(`${message} is about no variable`);
      return { name: place.name, expected: message, shown: place.shown, place: place.entry, meant };
    });
}

/** The value that a variable sets. @throws if there are problems */
export function valueOf(variables: VariableTexts, name: VariableName): unknown {
  const { configuration, problems } = assembleVariables(variables);
  if (configuration === undefined) throw new Error(JSON.stringify(problems));
  return settingOf(configuration, name);
}

/** The setting of a variable; of one that pools share, that of the pool `users`. */
export function settingOf(configuration: Configuration, name: VariableName): unknown {
  const path = VARIABLES[name].path.map(String);
  const full = path[0] === "defaults" ? ["pools", "users", ...path.slice(1)] : path;
  return full.reduce<unknown>(
    (value, step) => (value as Record<string, unknown> | undefined)?.[step],
    configuration,
  );
}
