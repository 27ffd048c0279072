/** The parts of a configuration, each checked by itself: what is wrong with one hides nothing of another. */
import { z } from "zod";
import { fromIssues } from "./problems/from_issues.ts";
import type { Problem } from "./problems/problem.ts";
import { name } from "./schema/kinds.ts";
import { defaults as defaultsSchema, pool as poolSchema, SHARED } from "./schema/pool.ts";
import { OF_POOLS, SECTIONS } from "./schema/root.ts";
import { route as routeSchema, routeTest } from "./schema/route.ts";
import { list, named, section } from "./schema/section.ts";
import {
  type Entry,
  entryAt,
  type Node,
  nodeAt,
  type ObjectNode,
  only,
  overlay,
  type Path,
  plain,
} from "./tree/node.ts";
import type { PoolConfig, RouteConfig, RouteTest } from "./model.ts";

/** All but pools, their defaults, routes and tests. */
const Head = section({
  ...SECTIONS,
  defaults: z.unknown().optional(),
  pools: z.unknown().optional(),
  routes: z.unknown().optional(),
  tests: z.unknown().optional(),
}, OF_POOLS);

const PoolNames = named(name, z.unknown(), "a name for each pool");

export type HeadConfig = z.output<typeof Head>;

/** A configuration in parts; a part that is wrong is undefined. */
export interface Parts {
  /** As it was written, with `defaults` put under each pool. */
  readonly root: ObjectNode;
  readonly head: HeadConfig | undefined;
  readonly pools: ReadonlyMap<string, PoolConfig | undefined>;
  /** Undefined if there are none, or if they are no list. */
  readonly routes: readonly (RouteConfig | undefined)[] | undefined;
  readonly tests: readonly (RouteTest | undefined)[];
}

/** @param problems those that are found are added here */
export function readParts(written: ObjectNode, problems: Problem[]): Parts {
  const root = withDefaults(written);
  const check = <Value>(schema: z.ZodType<Value>, node: Node, prefix: Path): Value | undefined => {
    const { data, error } = schema.safeParse(plain(node));
    problems.push(...fromIssues(error?.issues ?? [], node, prefix));
    return data;
  };
  const items = <Value>(schema: z.ZodType<Value>, key: string) => {
    const found = nodeAt(root, [key]);
    if (found?.kind === "array") {
      return found.items.map((item, index) => check(schema, item, [key, index]));
    }
    if (found !== undefined) check(list(schema, key), found, [key]);
    return undefined;
  };
  const pools = nodeAt(root, ["pools"]);
  if (pools !== undefined) check(PoolNames, pools, ["pools"]);
  const entries = pools?.kind === "object" ? [...pools.entries] : [];
  const shared = nodeAt(root, ["defaults"]);
  if (shared !== undefined) check(defaultsSchema, shared, ["defaults"]);
  return {
    root,
    head: check(Head, root, []),
    pools: new Map(
      entries.map(([name, { value }]) => [name, check(poolSchema, value, ["pools", name])]),
    ),
    routes: items(routeSchema, "routes"),
    tests: items(routeTest, "tests") ?? [],
  };
}

/** The same, where each pool has what `defaults` says unless it says something else itself. */
function withDefaults(root: ObjectNode): ObjectNode {
  const defaults = nodeAt(root, ["defaults"]);
  const pools = entryAt(root, ["pools"]);
  if (defaults?.kind !== "object" || pools?.value.kind !== "object") return root;
  // A name that no pool has is wrong where it stands, and not in each pool as well.
  const shared = only(defaults, Object.keys(SHARED));
  const full = [...pools.value.entries].map(([name, { place, value }]): [string, Entry] => [
    name,
    { place, value: value.kind === "object" ? overlayPool(shared, value) : value },
  ]);
  const entries = new Map(root.entries);
  entries.set("pools", { ...pools, value: { ...pools.value, entries: new Map(full) } });
  return { ...root, entries };
}

function overlayPool(defaults: ObjectNode, pool: ObjectNode): Node {
  return { ...overlay(defaults, pool) as ObjectNode, place: pool.place };
}
