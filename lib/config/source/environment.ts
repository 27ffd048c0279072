/** Reads the variables of the environment and of `.env` into the words of the configuration file. */
import { NO_BACKENDS } from "../values/backend_list.ts";
import type { Complaint } from "../values/reading.ts";
import type { Problem } from "../problems/problem.ts";
import type { Entry, Node, ObjectNode, Path, ScalarNode, VariablePlace } from "../tree/node.ts";
import {
  type ListItem,
  type Variable,
  VARIABLE_NAMES,
  type VariableName,
  VARIABLES,
} from "./variables.ts";

/** Variables as text, by name; one that is unset or empty has its default. */
export type VariableTexts = Readonly<Record<string, string | undefined>>;

export interface Environment {
  readonly node: ObjectNode;
  readonly problems: readonly Problem[];
  /** Settings whose variables were refused: nobody needs to hear that they are missing, too. */
  readonly refused: readonly Path[];
}

/** What the file has, so that variables that describe the same are not used. */
export interface Beside {
  readonly pools: boolean;
  readonly listeners: boolean;
}

/** The place of what no source says. */
const NOWHERE: VariablePlace = { kind: "variable", name: "", shown: "" };

/** @param beside what the configuration file has; undefined if there is none */
export function readEnvironment(texts: VariableTexts, beside?: Beside): Environment {
  const root: Draft = new Map();
  const problems: Problem[] = [];
  const refusals: Path[] = [];
  for (const name of VARIABLE_NAMES) {
    const variable: Variable = VARIABLES[name];
    const text = texts[name] ?? "";
    if (text === "") {
      if (name === "USERS_SERVICE" && beside === undefined) {
        problems.push(unset(variable.path));
        refusals.push(variable.path);
      }
      continue;
    }
    const key = describedBy(name, variable.path, beside);
    if (key !== undefined) {
      problems.push(ignored(name, variable.path, key));
      continue;
    }
    if (variable.needs !== undefined && !texts[variable.needs]) {
      const { path } = VARIABLES[variable.needs as VariableName];
      problems.push(needed(variable.needs, name, path));
      refusals.push(path);
    }
    const shown = variable.isSecret ? "***" : text;
    const place: VariablePlace = { kind: "variable", name, shown };
    for (const [path, value] of variable.also ?? []) {
      if (typeof value !== "object") {
        insert(root, path, { kind: "scalar", place, value });
        continue;
      }
      const { variable: name } = value;
      const given = texts[name] ?? "";
      const where: VariablePlace = { kind: "variable", name, shown: given };
      if (given !== "") insert(root, path, { kind: "scalar", place: where, value: given.trim() });
    }
    const spoken = variable.speak(text.trim());
    if ("value" in spoken) {
      insert(root, variable.path, { kind: "scalar", place, value: spoken.value });
      continue;
    }
    const unquoted = withoutQuotes(text.trim(), variable);
    problems.push(...spoken.complaints.map((complaint) => {
      const { meant = unquoted } = complaint;
      const shown = complaint.shown === text.trim() ? text : complaint.shown;
      return refused({ ...complaint, shown, meant }, variable.path, name);
    }));
    if (spoken.complaints.length > 0) refusals.push(variable.path);
    const items = spoken.items.map((item) => itemNode(item, name));
    insert(root, variable.path, { kind: "array", place, items });
  }
  return { node: finish(root), problems, refused: refusals };
}

/** An object that is being put together, or a list: then its keys are numbers. */
type Draft = Map<string | number, Draft | Node>;

function insert(root: Draft, path: Path, node: Node): void {
  let draft = root;
  for (const step of path.slice(0, -1)) {
    const inner = draft.get(step);
    if (inner instanceof Map) draft = inner;
    else draft.set(step, draft = new Map());
  }
  draft.set(path.at(-1)!, node);
}

function finish(draft: Draft): ObjectNode {
  const entries = new Map<string, Entry>();
  for (const [key, inner] of draft) {
    const value = inner instanceof Map ? finishAny(inner) : inner;
    entries.set(String(key), { place: value.place, value });
  }
  const [first] = entries.values();
  return { kind: "object", place: first?.place ?? NOWHERE, entries };
}

function finishAny(draft: Draft): Node {
  const object = finish(draft);
  if ([...draft.keys()].some((key) => typeof key === "string")) return object;
  return {
    kind: "array",
    place: object.place,
    items: [...object.entries.values()].map(({ value }) => value),
  };
}

function itemNode({ value, shown, place: entry }: ListItem, name: string): Node {
  const place: VariablePlace = { kind: "variable", name, shown, entry };
  if (typeof value !== "object") return { kind: "scalar", place, value };
  const entries = Object.entries(value).map(([key, value]): [string, Entry] => {
    const node: ScalarNode = { kind: "scalar", place, value };
    return [key, { place, value: node }];
  });
  return { kind: "object", place, entries: new Map(entries) };
}

/** `docker run --env-file` keeps the quotes around a value. @returns undefined if that is not the problem */
function withoutQuotes(text: string, { speak }: Variable): string | undefined {
  const [, , inner] = /^(["'])(.*)\1$/s.exec(text) ?? [];
  const spoken = inner === undefined ? undefined : speak(inner);
  const isMeant = spoken !== undefined && "items" in spoken && spoken.complaints.length === 0;
  return isMeant ? inner : undefined;
}

/** The part of the file that a variable would describe a second time. */
function describedBy(name: VariableName, [first]: Path, beside?: Beside): string | undefined {
  if (beside?.pools && (first === "pools" || name.startsWith("HASH_"))) return "pools";
  return beside?.listeners && first === "listeners" ? "listeners" : undefined;
}

function ignored(name: string, path: Path, key: string): Problem {
  return {
    severity: "warning",
    path,
    place: undefined,
    message: `${name} is not used, as the configuration file has ${key}`,
  };
}

function unset(path: Path): Problem {
  const place: VariablePlace = { kind: "variable", name: "USERS_SERVICE", shown: "" };
  return { severity: "error", path, place, message: NO_BACKENDS };
}

function needed(name: string, by: string, path: Path): Problem {
  const place: VariablePlace = { kind: "variable", name, shown: "" };
  return { severity: "error", path, place, message: `must be set beside ${by}` };
}

function refused({ expected, shown, meant, place }: Complaint, path: Path, name: string): Problem {
  return {
    severity: "error",
    path,
    place: { kind: "variable", name, shown, entry: place },
    message: expected,
    meant,
  };
}
