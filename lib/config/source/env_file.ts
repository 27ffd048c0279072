/** Reads the text of `.env`: settings as `NAME=value`, one a line. */
import { parseEnv } from "node:util";
import { suggest } from "../values/suggest.ts";
import type { VariableTexts } from "./environment.ts";
import { SETTING_NAMES } from "./variables.ts";

export interface EnvFile {
  readonly texts: VariableTexts;
  /** One sentence for each line that sets no setting. Values are not shown: they may be secrets. */
  readonly problems: readonly string[];
}

/** A line that sets a name; a value in quotes may have several lines. */
const ASSIGNMENT =
  /^[^\S\n]*(?:export[^\S\n]+)?([\w.-]+)[^\S\n]*=(?:[^\S\n]*(?:"[^"]*"|'[^']*'|`[^`]*`))?.*/;

const BLANK_OR_COMMENT = /^[^\S\n]*(?:#.*)?(?=\n|$)/;

/** @param text of the file; it may begin with a byte order mark, as some editors write one */
export function readEnvFile(text: string): EnvFile {
  const plain = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const parsed = parseEnv(plain);
  const problems: string[] = [];
  let line = 1;
  for (let rest = plain; rest !== "";) {
    const assignment = ASSIGNMENT.exec(rest);
    const known = assignment ?? BLANK_OR_COMMENT.exec(rest);
    const name = assignment?.[1];
    if (known === null || name !== undefined && !Object.hasOwn(parsed, name)) {
      problems.push(`line ${line} of .env must be NAME=value`);
    } else if (name !== undefined && !isSetting(name)) {
      problems.push(explainUnknown(name, line));
    }
    const end = known?.[0].length ?? rest.search(/\n|$/);
    line += rest.slice(0, end + 1).split("\n").length - 1;
    rest = rest.slice(end + 1);
  }
  const settings = Object.entries(parsed).filter(([name]) => isSetting(name));
  return { texts: Object.fromEntries(settings), problems };
}

function isSetting(name: string): boolean {
  return SETTING_NAMES.some((setting) => setting === name);
}

/** The line of a key that was pasted without quotes may look like a name: it is not shown. */
function explainUnknown(name: string, line: number): string {
  const meant = suggest(name, SETTING_NAMES);
  const shown = meant !== undefined || /^[A-Z][A-Z0-9_]{0,63}$/.test(name) ? name : "a name";
  const question = meant === undefined ? "" : `, did you mean ${meant}?`;
  return `line ${line} of .env sets ${shown}, which is no setting${question}`;
}
