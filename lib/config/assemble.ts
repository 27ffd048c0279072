/** Makes one configuration of all sources, or lists every problem with them. */
import type { Configuration, PoolConfig, RouteConfig } from "./model.ts";
import { type Parts, readParts } from "./parts.ts";
import type { Problem } from "./problems/problem.ts";
import type { Rule, RuleContext } from "./rules/context.ts";
import { RULES } from "./rules/mod.ts";
import { route as routeSchema } from "./schema/route.ts";
import { readEnvironment, type VariableTexts } from "./source/environment.ts";
import { interpolate } from "./source/interpolate.ts";
import type { ReadFile } from "./source/jsonc.ts";
import {
  formatPath,
  type Node,
  nodeAt,
  type ObjectNode,
  overlay,
  type Place,
} from "./tree/node.ts";
import { VARIABLE_NAMES } from "./source/variables.ts";

export interface Sources {
  /** The variables of the environment, and below them those of `.env`. */
  readonly variables: VariableTexts;
  /** The whole environment, for `${NAME}` in the file. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The configuration file; undefined if there is none. */
  readonly file: ReadFile | undefined;
}

export interface Assembled {
  /** Undefined if there are errors. */
  readonly configuration: Configuration | undefined;
  /** What was written, with its places. */
  readonly context: RuleContext;
  /** Errors and warnings, in the order in which they were written. */
  readonly problems: readonly Problem[];
}

/** @param rules to check beside those of this folder */
export function assemble(
  { variables, environment, file }: Sources,
  rules: readonly Rule[],
): Assembled {
  const problems: Problem[] = [...file?.problems ?? []];
  const written = file?.node && interpolate(file.node, environment);
  problems.push(...written?.problems ?? []);
  const node = written?.node;
  if (node !== undefined && node.kind !== "object") {
    problems.push({ severity: "error", path: [], place: node.place, message: "must be an object" });
  }
  const beside = file && { pools: hasKey(node, "pools"), listeners: hasKey(node, "listeners") };
  const spoken = readEnvironment(variables, beside);
  problems.push(...spoken.problems);
  const root = overlay(node?.kind === "object" ? node : undefined, spoken.node) as ObjectNode;
  const refused = new Set(spoken.refused.map(formatPath));
  const found: Problem[] = [];
  const parts = readParts(root, found);
  problems.push(...found.filter(({ path }) => !refused.has(formatPath(path))));
  const context: RuleContext = { ...parts, variables, hasFile: file !== undefined };
  for (const rule of [...RULES, ...rules]) problems.push(...rule(context));
  const all = inOrder(withoutRepeats(problems));
  const hasErrors = all.some(({ severity }) => severity === "error");
  return { configuration: hasErrors ? undefined : build(parts), context, problems: all };
}

function hasKey(node: Node | undefined, key: string): boolean {
  return nodeAt(node, [key]) !== undefined;
}

/** All parts are valid. */
function build({ head, pools, routes, tests }: Parts): Configuration {
  const { defaults: _defaults, pools: _pools, ...rest } = head!;
  const [only] = pools.keys();
  return {
    ...rest,
    pools: Object.fromEntries(pools) as Record<string, PoolConfig>,
    routes: routes as RouteConfig[] | undefined ?? [routeSchema.parse({ pool: only })],
    tests: tests as Configuration["tests"],
  };
}

/** What is wrong in `defaults` is found once for each pool, and what is not built yet may also look wrong. */
function withoutRepeats(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ place, message, path }) => {
    const key = JSON.stringify([place, message, place === undefined ? path : []]);
    return !seen.has(key) && seen.add(key);
  });
}

/** By variable, then by place in the file. */
function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.map((problem, index) => ({ problem, index }))
    .sort((a, b) => rank(a.problem.place) - rank(b.problem.place) || a.index - b.index)
    .map(({ problem }) => problem);
}

function rank(place: Place | undefined): number {
  if (place === undefined) return Infinity;
  if (place.kind === "file") return VARIABLE_NAMES.length + place.offset;
  const entry = Number(place.entry?.match(/\d+/)?.[0] ?? 0) / 1e6;
  return VARIABLE_NAMES.findIndex((name) => name === place.name) + entry;
}
