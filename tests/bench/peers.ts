/**
 * This balancer beside nginx, HAProxy, Caddy and a reverse proxy in plain Go, each of them configured for the
 * same job and under the same load, on the same cores of this machine, in turns.
 *
 * Use: `deno task bench:peers [flags]` on Linux; `--help` tells the flags. It takes wrk, taskset and chrt,
 * openssl for TLS, and of the proxies whatever is installed. Everything happens on loopback and in a
 * directory that is removed at the end. Prints tables in Markdown; exits with 1 where an answer was not
 * right, with 2 at a wrong command line. Run it on a machine that does nothing else.
 */
import { complain, print } from "../../lib/logging/log.ts";
import { pinTo } from "./cores.ts";
import { type Started, TestBed } from "./peers/test_bed.ts";
import { allowedCores } from "./peers/core_plan.ts";
import { measureLatencies } from "./peers/latencies.ts";
import { describeMachine, missingPrograms } from "./peers/machine.ts";
import { measureMemories } from "./peers/memories.ts";
import { HELP, type Options, readOptions, UsageError } from "./peers/options.ts";
import { treeOf } from "./peers/proc.ts";
import { kill, type Proxy } from "./peers/proxy.ts";
import { PROXIES } from "./peers/proxies.ts";
import { type Found, jsonOf, reportOf } from "./peers/report.ts";
import { measureThroughput } from "./peers/throughput.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

Deno.exit(await main());

/** @returns the exit status */
async function main(): Promise<number> {
  const options = readOrExplain();
  if (typeof options === "number") return options;
  const missing = await missingPrograms();
  if (missing.length > 0) {
    complain(`Cannot measure as there is no ${missing.join(", no ")}`);
    return 2;
  }
  if (options.json !== undefined) await Deno.writeTextFile(options.json, ""); // or fail before all else
  const chosen = PROXIES.filter(({ key }) => options.only.includes(key));
  const machine = await describeMachine(chosen, allowedCores());
  const proxies = chosen.filter(({ name }) => machine.versions[name] !== undefined);

  const directory = await Deno.makeTempDir({ prefix: "peers-" });
  for (const signal of SIGNALS) Deno.addSignalListener(signal, () => abort(directory));
  let found: Found;
  try {
    const measured = await measure(options, directory, proxies);
    found = { machine, options, leftOut: leftOutOf(chosen, proxies, options), ...measured };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  print(reportOf(proxies, found));
  if (options.json !== undefined) await Deno.writeTextFile(options.json, jsonOf(found));
  return found.failures.length === 0 ? 0 : 1;
}

/** Memory first, in processes of its own; then all proxies run, and take turns. */
async function measure(options: Options, directory: string, proxies: readonly Proxy[]) {
  await pinTo(Deno.pid, options.cores.load);
  await using bed = await TestBed.open(options, directory);
  await using running = new AsyncDisposableStack();
  const contenders = bed.contendersOf(proxies);
  const isAsked = (what: Options["measures"][number]) => options.measures.includes(what);

  const memory = isAsked("memory") ? await measureMemories(bed, contenders) : [];
  const all: Started[] = [];
  for (const contender of isAsked("throughput") || isAsked("latency") ? contenders : []) {
    const started = await bed.start(contender);
    if (started !== undefined) all.push(running.use(started));
  }
  const throughput = isAsked("throughput") ? await measureThroughput(bed, all) : [];
  const latency = isAsked("latency") ? await measureLatencies(bed, all) : [];
  return { memory, throughput, latency, failures: bed.failures };
}

/** The options, or the exit status where there is nothing to measure. */
function readOrExplain(): Options | number {
  try {
    const options = readOptions(Deno.args, allowedCores());
    if (options !== "help") return options;
    print(HELP);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    complain(`${error.message}; --help tells the flags`);
    return 2;
  }
}

function leftOutOf(
  chosen: readonly Proxy[],
  proxies: readonly Proxy[],
  options: Options,
): string[] {
  const isMany = options.workers.some((workers) => workers > 1);
  return [
    ...chosen.filter((proxy) => !proxies.includes(proxy)).map(({ name }) =>
      `${name}: not installed`
    ),
    ...proxies.filter(({ withoutWorkers }) => isMany && withoutWorkers !== undefined)
      .map(({ name, withoutWorkers }) => `${name} with several workers: ${withoutWorkers}`),
  ];
}

/** A bench that is told to end leaves nothing running, and no files. */
function abort(directory: string): never {
  for (const pid of treeOf(Deno.pid).slice(1)) kill(pid);
  Deno.removeSync(directory, { recursive: true });
  Deno.exit(130);
}
