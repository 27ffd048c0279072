/** Reads the files that list backends, and puts what they list into the configuration. */
import { plainMessage } from "../net/plain_message.ts";
import type { ReadText } from "./contents.ts";
import type { Configuration, PoolConfig } from "./model.ts";
import type { Problem } from "./problems/problem.ts";
import { ownListenerOf, refuseSocket } from "./rules/backends.ts";
import { problemAt, type RuleContext } from "./rules/context.ts";
import type { Path } from "./tree/node.ts";
import { readBackendFile } from "./values/backend_file.ts";
import { keyOf, type ListedBackend } from "./values/listed_backend.ts";
import { type Complaint, isReading, type Read, refusalOf } from "./values/reading.ts";

/**
 * The same configuration with the backends that its files list.
 *
 * @param problems those of files that cannot be read or list something else are added here
 */
export function readLists(
  configuration: Configuration,
  read: ReadText,
  context: RuleContext,
  problems: Problem[],
): Configuration {
  const pools = Object.entries(configuration.pools).map(([name, pool]) => {
    const path = ["pools", name, "backends"];
    return [name, withLists(pool, path, { read, context, problems })] as const;
  });
  return { ...configuration, pools: Object.fromEntries(pools) };
}

interface Reading {
  readonly read: ReadText;
  readonly context: RuleContext;
  readonly problems: Problem[];
}

function withLists(pool: PoolConfig, path: Path, reading: Reading): PoolConfig {
  const listed = new Set(pool.backends.flatMap((entry) => "file" in entry ? [] : [keyOf(entry)]));
  const backends = pool.backends.map((entry, index) => {
    if (!("file" in entry)) return entry;
    const at = [...path, index, "file"];
    const list = readList(entry.file, at, reading);
    for (const backend of list) checkListed(backend, listed, at, reading);
    return { ...entry, backends: list };
  });
  return { ...pool, backends };
}

function readList(path: string, at: Path, { read, context, problems }: Reading) {
  const list = readOr(path, read);
  if (isReading(list)) return list.value;
  const refusal = refusalOf(list);
  if (refusal !== undefined) {
    problems.push(problemAt(context, at, refusal.expected));
    return [];
  }
  for (const { expected, shown, meant, place } of list as readonly Complaint[]) {
    const message = `names ${path}, of which ${place} ${expected}`;
    problems.push(problemAt(context, at, message, {
      found: JSON.stringify(shown),
      meant: meant && JSON.stringify(meant),
    }));
  }
  return [];
}

function readOr(path: string, read: ReadText): Read<readonly ListedBackend[]> {
  try {
    return readBackendFile(read(path));
  } catch (error) {
    return `must name a readable file: ${plainMessage(error)}`;
  }
}

/** What can be wrong with a backend only beside others. */
function checkListed(
  backend: ListedBackend,
  listed: Set<string>,
  at: Path,
  { context, problems }: Reading,
): void {
  const key = keyOf(backend);
  if (listed.has(key)) {
    problems.push(problemAt(context, at, `lists ${key}, which the pool has already`));
  }
  listed.add(key);
  const refusal = refuseSocket(context, backend);
  if (refusal !== undefined) {
    problems.push(problemAt(context, at, `lists ${key}, which ${refusal}`));
  }
  const self = ownListenerOf(context, backend);
  if (self !== undefined) problems.push(problemAt(context, at, `lists ${key}, which is ${self}`));
}
