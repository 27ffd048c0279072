/** What the text of a configuration file comes to, for tests that need no file. */
import { changesOf } from "../../lib/config/changes.ts";
import { assemble, type Assembled } from "../../lib/config/assemble.ts";
import type { Configuration } from "../../lib/config/model.ts";
import { renderProblem } from "../../lib/config/problems/render.ts";
import type { VariableTexts } from "../../lib/config/source/environment.ts";
import { readJsonc } from "../../lib/config/source/jsonc.ts";
import { routeIdOf } from "../../lib/routing/route_id.ts";
import { fileRules } from "../../lib/routing/file_rules.ts";

const NAME = "roundabout.jsonc";

/** The environment that references in tests lead to. */
export const ENVIRONMENT = {
  USERS_HOST: "users-1",
  API_PORT: "8080",
  SHORT: "hunter2",
  PASSWORD_URL: "http://bob:hunter2@users-1",
};

/** Characters that an editor would not show, as they stand in the texts of tests. */
const PICTURES: readonly (readonly [RegExp, string])[] = [
  [/␀/g, "\0"],
  [/␉/g, "\t"],
  [/␛/g, "\uFEFF"],
];

export interface Checked extends Assembled {
  /** As `check` prints them; empty if there are none. */
  readonly errors: string;
  readonly warnings: string;
}

/** @param text in which ␀, ␉ and ␛ stand for NUL, a tab and a byte order mark */
export async function problemsOfText(
  text: string,
  variables: VariableTexts = {},
  environment: Readonly<Record<string, string>> = ENVIRONMENT,
): Promise<Checked> {
  const full = PICTURES.reduce((text, [picture, sign]) => text.replace(picture, sign), text);
  const read = readJsonc(full);
  const rules = read.node === undefined ? [] : await fileRules(read.node);
  const assembled = assemble({ variables, environment, file: read }, rules);
  const file = { name: NAME, text: full, shown: read.shown };
  const render = (severity: "error" | "warning") =>
    assembled.problems.filter((problem) => problem.severity === severity)
      .map((problem) => renderProblem(problem, file)).join("\n\n");
  return { ...assembled, errors: render("error"), warnings: render("warning") };
}

/** The configuration that a text is. @throws if it is wrong */
export async function configurationOf(
  text: string,
  variables?: VariableTexts,
  environment?: Readonly<Record<string, string>>,
): Promise<Configuration> {
  const { configuration, errors } = await problemsOfText(text, variables, environment);
  if (configuration === undefined) throw new Error(errors);
  return configuration;
}

/** What changes from one file to another; without routes, all pools but the first one get nothing. */
export async function changesBetween(before: string, after: string): Promise<string[]> {
  return changesOf(await configurationOf(before), await configurationOf(after), { routeIdOf });
}
