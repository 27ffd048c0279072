/**
 * Compares this balancer with nginx, HAProxy, Caddy and a plain Go reverse proxy. All of them are configured
 * for the same job and measured one after another, under the same load and on the same cores.
 *
 * Use: `deno task bench:peers [flags]` on Linux; `--help` lists the flags. It needs wrk, taskset and chrt, and
 * openssl for TLS; it measures those proxies that are installed. Everything runs on loopback, and its files are
 * in a directory that is removed at the end. Prints tables in Markdown. Exits with 1 if a response was wrong,
 * with 2 if the command line was. Run it on an otherwise idle machine.
 */
import { complain, print } from "../../lib/logging/log.ts";
import { pinTo } from "./cores.ts";
import { type Started, TestBed } from "./peers/test_bed.ts";
import { allowedCores } from "./peers/core_plan.ts";
import { measureLatencies } from "./peers/latencies.ts";
import { describeMachine, missingPrograms } from "./peers/machine.ts";
import { measureMemories } from "./peers/memories.ts";
import { HELP, type Options, readOptions, UsageError } from "./peers/options.ts";
import { listProcessTree } from "./peers/proc.ts";
import { kill, type Proxy } from "./peers/proxy.ts";
import { PROXIES } from "./peers/proxies.ts";
import { formatJson, formatReport, type Found } from "./peers/report.ts";
import { measureThroughput } from "./peers/throughput.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

Deno.exit(await main());

/** @returns the exit status */
async function main(): Promise<number> {
  const options = readOrExplain();
  if (typeof options === "number") return options;
  const missing = await missingPrograms();
  if (missing.length > 0) {
    complain(`Cannot measure as these programs are not installed: ${missing.join(", ")}`);
    return 2;
  }
  if (options.json !== undefined) await Deno.writeTextFile(options.json, ""); // fail early if it is not writable
  const chosen = PROXIES.filter(({ key }) => options.only.includes(key));
  const machine = await describeMachine(chosen, allowedCores());
  const proxies = chosen.filter(({ name }) => machine.versions[name] !== undefined);

  const directory = await Deno.makeTempDir({ prefix: "peers-" });
  for (const signal of SIGNALS) Deno.addSignalListener(signal, () => abort(directory));
  let found: Found;
  try {
    const measured = await measure(options, directory, proxies);
    found = { machine, options, leftOut: listLeftOut(chosen, proxies, options), ...measured };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  print(formatReport(proxies, found));
  if (options.json !== undefined) await Deno.writeTextFile(options.json, formatJson(found));
  return found.failures.length === 0 ? 0 : 1;
}

/** Measures memory first, in fresh processes; then starts all proxies and measures them alternately. */
async function measure(options: Options, directory: string, proxies: readonly Proxy[]) {
  await pinTo(Deno.pid, options.cores.load);
  await using bed = await TestBed.open(options, directory);
  await using running = new AsyncDisposableStack();
  const contenders = bed.listContenders(proxies);
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

/** @returns the options, or the exit status if there is nothing to measure */
function readOrExplain(): Options | number {
  try {
    const options = readOptions(Deno.args, allowedCores());
    if (options !== "help") return options;
    print(HELP);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    complain(`${error.message}; --help lists the flags`);
    return 2;
  }
}

function listLeftOut(
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

/** Ends the bench on a signal: no processes and no files are left behind. */
function abort(directory: string): never {
  for (const pid of listProcessTree(Deno.pid).slice(1)) kill(pid);
  Deno.removeSync(directory, { recursive: true });
  Deno.exit(130);
}
