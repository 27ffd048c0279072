/** Finds settings that are set and change nothing, as they need another one. */
import type { PoolConfig } from "../model.ts";
import type { HeadConfig } from "../parts.ts";
import type { Problem } from "../problems/problem.ts";
import { defaultOf } from "../schema/default_of.ts";
import { nodeAt, type Path, plain } from "../tree/node.ts";
import { assignment, nameOf, problemAt, type RuleContext } from "./context.ts";

/** The largest head that Deno.serve takes, in bytes. */
const WEB_MAX_HEADER_BYTES = 64 * 1024;

/** Says what a setting needs, in the names that its writer knows. */
interface Words {
  /** The setting: `health.path`, `HEALTH_PATH`. */
  readonly name: (...path: Path) => string;
  /** The setting with a value: `engine "tcp"`, `ENGINE=tcp`. */
  readonly set: (value: string, ...path: Path) => string;
}

interface Need<Subject> {
  readonly settings: readonly Path[];
  readonly isMet: (subject: Subject, head: HeadConfig, pools: RuleContext["pools"]) => boolean;
  /** The setting that turns them off. If a variable does so for once, the file need not change. */
  readonly offBy?: Path;
  /** What is missing, as the end of a sentence. */
  readonly otherwise: (words: Words) => string;
}

const HEAD_NEEDS: readonly Need<HeadConfig>[] = [
  {
    settings: [["timeouts", "header"], ["timeouts", "keepAlive"], ["limits", "connections"]],
    isMet: ({ engine }) => engine === "tcp",
    otherwise: ({ set }) => `without ${set("tcp", "engine")}`,
  },
  {
    settings: [["timeouts", "handshake"], ["limits", "handshakes"]],
    isMet: ({ listeners }) => Object.values(listeners).some(({ tls }) => tls !== undefined),
    otherwise: () => "without a listener with tls",
  },
  {
    settings: [["timeouts", "handshake"], ["limits", "handshakes"]],
    isMet: ({ engine, listeners }) =>
      engine === "tcp" || Object.values(listeners).every(({ tls }) => tls === undefined),
    otherwise: ({ set }) => `without ${set("tcp", "engine")}`,
  },
  {
    settings: [["limits", "headerSize"]],
    isMet: ({ engine, limits }) => engine === "tcp" || limits.headerSize <= WEB_MAX_HEADER_BYTES,
    otherwise: ({ set }) => `above 64KiB without ${set("tcp", "engine")}`,
  },
  {
    settings: ["query", "sample", "slow", "fields"].map((name) => ["log", name]),
    isMet: ({ log }) => log.access !== "off",
    offBy: ["log", "access"],
    otherwise: ({ set }) => `with ${set("off", "log", "access")}`,
  },
  {
    settings: [["dns", "server"], ["dns", "maxAge"]],
    isMet: (_, __, pools) => [...pools.values()].some(mayBeDiscovered),
    otherwise: () => "without a backend such as dns+http://users:5000",
  },
  {
    settings: ["host", "token", "readToken", "unix", "mode", "tls"].map((name) => ["admin", name]),
    isMet: ({ admin }) => admin?.port !== undefined,
    offBy: ["admin", "port"],
    otherwise: ({ set }) => `with ${set("off", "admin", "port")}`,
  },
];

const POOL_NEEDS: readonly Need<PoolConfig>[] = [
  {
    settings: [["timeouts", "backendIdle"], ["timeouts", "halfClosed"]],
    isMet: (_, { engine }) => engine === "tcp",
    otherwise: ({ set }) => `without ${set("tcp", "engine")}`,
  },
  {
    settings: [["policy", "on"], ["policy", "balance"]],
    isMet: ({ policy }) => policy.name === "consistent_hash",
    otherwise: ({ set }) => `without ${set("consistent_hash", "policy", "name")}`,
  },
  {
    settings: [["sticky", "secret"]],
    isMet: ({ sticky }) => sticky?.cookie !== undefined,
    otherwise: ({ name }) => `without ${name("sticky", "cookie")}`,
  },
  {
    settings: ["status", "interval", "timeout", "rise", "fall"].map((name) => ["health", name]),
    isMet: ({ health }) => health?.path !== undefined,
    otherwise: ({ name }) => `without ${name("health", "path")}`,
  },
  {
    settings: [["ejection", "time"], ["ejection", "max"]],
    isMet: ({ ejection }) => ejection.after !== Infinity,
    otherwise: ({ set }) => `with ${set("off", "ejection", "after")}`,
  },
  {
    settings: [["slowStart"]],
    isMet: ({ ejection, health }) => ejection.after !== Infinity || health?.path !== undefined,
    otherwise: ({ set, name }) =>
      `with ${set("off", "ejection", "after")} and without ${name("health", "path")}`,
  },
  {
    settings: [["retry", "budget"], ["retry", "onStatus"]],
    isMet: ({ retry }) => retry.attempts > 1,
    otherwise: ({ set }) => `with ${set("1", "retry", "attempts")}`,
  },
];

/** Whether names of DNS may be among the backends: a file may list some, and nobody knows of a broken pool. */
function mayBeDiscovered(pool: PoolConfig | undefined): boolean {
  return pool?.backends.some((backend) => !("url" in backend)) ?? true;
}

export function checkEffects(context: RuleContext): Problem[] {
  const { head, pools } = context;
  if (head === undefined) return [];
  const problems = HEAD_NEEDS.filter(({ isMet }) => !isMet(head, head, pools)).flatMap((need) =>
    need.settings.flatMap((path) => explain(context, need, [], path) ?? [])
  );
  for (const [name, pool] of pools) {
    if (pool === undefined) continue;
    for (const need of POOL_NEEDS) {
      if (need.isMet(pool, head, pools)) continue;
      const idle = need.settings.filter((path) => !helpsElsewhere(context, need, path, head));
      problems.push(...idle.flatMap((path) => explain(context, need, ["pools", name], path) ?? []));
    }
  }
  return problems;
}

/** Whether a setting comes from `defaults`, and has an effect on another pool. */
function helpsElsewhere(
  { root, pools }: RuleContext,
  { isMet }: Need<PoolConfig>,
  path: Path,
  head: HeadConfig,
): boolean {
  if (nodeAt(root, ["defaults", ...path]) === undefined) return false;
  return [...pools.values()].some((pool) => pool !== undefined && isMet(pool, head, pools));
}

function explain<Subject>(
  context: RuleContext,
  { otherwise, offBy }: Need<Subject>,
  prefix: Path,
  setting: Path,
): Problem | undefined {
  const path = [...prefix, ...setting];
  const node = nodeAt(context.root, path);
  const whenUnset = defaultOf(prefix.length === 0 ? setting : path);
  if (node === undefined || isSame(plain(node), whenUnset)) return undefined;
  // A setting of `defaults` is told about as it was written.
  const isShared = prefix.length > 0 && nodeAt(context.root, ["defaults", ...setting]) === node;
  const beside = isShared ? ["defaults"] : prefix;
  const full = (inner: Path) => inner[0] === "engine" ? inner : [...beside, ...inner];
  const words: Words = {
    name: (...inner) => nameOf(context, full(inner)),
    set: (value, ...inner) => assignment(context, full(inner), value),
  };
  const isVariable = [node, offBy && nodeAt(context.root, offBy)].some((node) =>
    node?.place.kind === "variable"
  );
  return problemAt(context, path, `has no effect ${otherwise(words)}`, {
    severity: isVariable ? "warning" : "error",
  });
}

/** Whether two values of settings, of which some are lists, are equal. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
