/** Makes one configuration of all sources, or lists every problem with them. */
import type { Configuration, PoolConfig, RouteConfig } from "./model.ts";
import { type Parts, readParts } from "./parts.ts";
import { inOrder } from "./order.ts";
import type { Problem } from "./problems/problem.ts";
import type { Rule, RuleContext } from "./rules/context.ts";
import { RULES } from "./rules/mod.ts";
import { route as routeSchema } from "./schema/route.ts";
import { type Beside, readEnvironment, type VariableTexts } from "./source/environment.ts";
import { interpolate } from "./source/interpolate.ts";
import type { ReadFile } from "./source/jsonc.ts";
import {
  entryAt,
  formatPath,
  isWithin,
  nodeAt,
  type ObjectNode,
  overlay,
  type Place,
} from "./tree/node.ts";

export interface Sources {
  /** The variables of the environment, and below them those of `.env`. */
  readonly variables: VariableTexts;
  /** The whole environment, for `${NAME}` in the file. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The configuration file; undefined if there is none. */
  readonly file: Pick<ReadFile, "node" | "problems"> | undefined;
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
  const written = file?.node && interpolate(file.node, environment);
  const spoken = readEnvironment(variables, file && besideOf(written?.node));
  const root = overlay(written?.node, spoken.node) as ObjectNode;
  const refused = new Set(spoken.refused.map(formatPath));
  const found: Problem[] = [];
  const parts = readParts(root, found);
  const values = found.filter(({ path }) => !refused.has(formatPath(path)));
  const context: RuleContext = { ...parts, variables, hasFile: file !== undefined };
  const isBroken = file !== undefined && written === undefined;
  const problems = [
    ...file?.problems ?? [],
    ...spoken.problems,
    // Nobody knows what a broken file would have: only variables can be judged.
    ...(isBroken
      ? values.filter(({ place }) => place?.kind === "variable")
      : judge(values, context, rules, written?.problems ?? [])),
  ];
  const all = inOrder(withoutRepeats(problems.map((problem) => asWritten(problem, root))));
  const hasErrors = all.some(({ severity }) => severity === "error");
  return { configuration: hasErrors ? undefined : build(parts), context, problems: all };
}

/** What the file has. One that is broken may have anything: nothing is said of variables that it would replace. */
function besideOf(node: ObjectNode | undefined): Beside {
  const has = (key: string) => node === undefined || nodeAt(node, [key]) !== undefined;
  return { pools: has("pools"), listeners: has("listeners") };
}

/**
 * All that is wrong with values, by themselves or beside others. Of a value whose reference leads to nothing,
 * nothing else needs to be said.
 */
function judge(
  values: readonly Problem[],
  context: RuleContext,
  rules: readonly Rule[],
  references: readonly Problem[],
): Problem[] {
  const settled: Place[] = references.flatMap(({ place }) => place ?? []);
  const others = [...values, ...[...RULES, ...rules].flatMap((rule) => rule(context))];
  return [
    ...references,
    ...others.filter(({ place }) => !settled.some((outer) => isWithin(place, outer))),
  ];
}

/** A problem with what a pool has from `defaults` is one with `defaults`. */
function asWritten(problem: Problem, root: ObjectNode): Problem {
  const [first, name, ...setting] = problem.path;
  if (first !== "pools" || name === undefined || setting.length === 0) return problem;
  const path = ["defaults", ...setting];
  const places = [entryAt(root, path)?.place, nodeAt(root, path)?.place];
  return problem.place !== undefined && places.includes(problem.place)
    ? { ...problem, path }
    : problem;
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

/** What is wrong in `defaults` is found once for each pool. */
function withoutRepeats(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ place, message, found, path }) => {
    const key = JSON.stringify([place, message, found, place === undefined ? path : []]);
    return !seen.has(key) && seen.add(key);
  });
}
