/** A pool of a configuration file as a scenario: its settings, and simulated backends in place of its own. */
import { assemble } from "../../config/assemble.ts";
import type { PoolConfig } from "../../config/model.ts";
import { renderProblem } from "../../config/problems/render.ts";
import { readJsonc } from "../../config/source/jsonc.ts";
import { VARIABLES } from "../../config/source/variables.ts";
import { type Node, nodeAt, type Path } from "../../config/tree/node.ts";
import { suggest } from "../../config/values/suggest.ts";
import type { SettingTexts } from "./parse_texts.ts";
import { SIMULATED_SETTINGS } from "./settings.ts";

export interface PoolFile {
  /** The settings that the file changes, by their names. */
  readonly settings: SettingTexts;
  /** A simulated backend for each of the pool, in the notation of `--backends`. */
  readonly backends: string;
  /** What is wrong with the file, with its place, or with the name of the pool. */
  readonly problems: readonly string[];
}

/** How a backend of which nothing is known works: as the backends of the default scenario do. */
const ANY_BACKEND = "lognormal(20ms,0.5) capacity=8";

const NOTHING = { settings: {}, backends: "" };

/**
 * @param path of the file, for messages
 * @param wanted the name of the pool; undefined takes the only one
 */
export function readPoolFile(path: string, text: string, wanted: string | undefined): PoolFile {
  const written = text.replace(/^\uFEFF/, "");
  const read = readJsonc(written);
  const file = { name: path, text: written, shown: read.shown };
  const { configuration, context, problems } = assemble(
    { variables: {}, environment: {}, file: read },
    [],
  );
  if (configuration === undefined) {
    const errors = problems.filter(({ severity }) => severity === "error");
    return { ...NOTHING, problems: errors.map((problem) => renderProblem(problem, file)) };
  }
  const names = Object.keys(configuration.pools);
  const name = wanted ?? (names.length === 1 ? names[0] : undefined);
  const pool = name === undefined ? undefined : configuration.pools[name];
  if (name === undefined || pool === undefined) {
    const meant = wanted === undefined ? undefined : suggest(wanted, names);
    const found = wanted === undefined ? "not set" : JSON.stringify(wanted);
    const question = meant === undefined ? "" : `, did you mean ${meant}?`;
    const problem = `--pool must be one of ${
      names.join(", ")
    }: current value is ${found}${question}`;
    return { ...NOTHING, problems: [problem] };
  }
  const settings = SIMULATED_SETTINGS.flatMap((setting): [string, string][] => {
    const text = textAt(context.root, placeOf(VARIABLES[setting].path, name));
    return text === undefined ? [] : [[setting, text]];
  });
  return {
    settings: Object.fromEntries(settings),
    backends: simulatedBackends(pool),
    problems: [],
  };
}

/** Where the pool says what a variable says for all pools. */
function placeOf([first, ...rest]: Path, pool: string): Path {
  return first === "defaults" ? ["pools", pool, ...rest] : [first!, ...rest];
}

/** What was written there, as a variable would say it; undefined if nothing was. */
function textAt(root: Node, path: Path): string | undefined {
  const node = nodeAt(root, path) ?? shortForm(root, path);
  if (node?.kind !== "scalar") return undefined;
  return typeof node.value === "boolean" ? (node.value ? "on" : "off") : String(node.value);
}

/** A policy may be written as its name alone. */
function shortForm(root: Node, path: Path): Node | undefined {
  return path.at(-1) === "name" ? nodeAt(root, path.slice(0, -1)) : undefined;
}

function simulatedBackends({ backends }: PoolConfig): string {
  return backends.map((backend) => {
    if (!("url" in backend)) return ANY_BACKEND;
    const name = (new URL(backend.url).host || backend.url).replace(/[^\w.-]+/g, "-").slice(0, 32);
    return `${ANY_BACKEND} weight=${Math.max(1, backend.weight)} name=${name}`;
  }).join(";");
}
