/**
 * Compares this balancer with nginx, HAProxy, Caddy and a plain Go reverse proxy. All of them are configured
 * for the same job and measured one after another, under the same load and on the same cores.
 *
 * Use: `deno task bench:peers [flags]` on Linux; `--help` lists the flags. It needs wrk and taskset,
 * openssl for TLS and go for latency; it measures those proxies that are installed. Everything runs on loopback, and its files are
 * in a directory that is removed at the end. Prints tables in Markdown, and writes them into a page. Exits with 1 if a response was wrong,
 * with 2 if the command line was. Run it on an otherwise idle machine.
 */
import { complain, print } from "../../lib/logging/log.ts";
import { pinTo } from "./cores.ts";
import { type Started, TestBed } from "./peers/test_bed.ts";
import { allowedCores } from "./peers/core_plan.ts";
import { buildGo } from "./peers/go_program.ts";
import { measureLatencies } from "./peers/latencies.ts";
import { describeMachine, missingPrograms } from "./peers/machine.ts";
import { measureMemories } from "./peers/memories.ts";
import { HELP, type Options, readOptions, UsageError } from "./peers/options.ts";
import { checkSections, updatePage } from "./peers/page.ts";
import { formatSections, SECTIONS } from "./peers/page_sections.ts";
import { listProcessTree } from "./peers/proc.ts";
import { kill, type Proxy } from "./peers/proxy.ts";
import { readVersion } from "./peers/programs.ts";
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
  if (options.docs !== undefined) checkSections(await Deno.readTextFile(options.docs), SECTIONS);
  const chosen = PROXIES.filter(({ key }) => options.only.includes(key));
  const machine = await describeMachine(chosen, allowedCores());
  const proxies = chosen.filter(({ name }) => machine.versions[name] !== undefined);

  const directory = await Deno.makeTempDir({ prefix: "peers-" });
  for (const signal of SIGNALS) Deno.addSignalListener(signal, () => abort(directory));
  let found: Found;
  try {
    const measured = await measure(options, directory, proxies);
    const leftOut = [...listLeftOut(chosen, proxies, options), ...measured.leftOut];
    found = { machine, options, ...measured, leftOut };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  print(formatReport(proxies, found));
  if (options.json !== undefined) await Deno.writeTextFile(options.json, formatJson(found));
  if (found.failures.length > 0) return 1;
  if (options.docs !== undefined) await updatePage(options.docs, formatSections(proxies, found));
  return 0;
}

/** Measures memory first, in fresh processes; then starts all proxies and measures them alternately. */
async function measure(options: Options, directory: string, proxies: readonly Proxy[]) {
  await pinTo(Deno.pid, options.cores.load);
  await using bed = await TestBed.open(options, directory);
  await using running = new AsyncDisposableStack();
  const contenders = bed.listContenders(proxies);
  const isAsked = (what: Options["measures"][number]) => options.measures.includes(what);

  const hasLoad = isAsked("latency") && await readVersion("go", ["version"]) !== undefined;
  const load = hasLoad ? await buildGo("go_load", directory) : undefined;
  const memory = isAsked("memory") ? await measureMemories(bed, contenders) : [];
  const all: Started[] = [];
  for (const contender of isAsked("throughput") || hasLoad ? contenders : []) {
    const started = await bed.start(contender);
    if (started !== undefined) all.push(running.use(started));
  }
  const throughput = isAsked("throughput") ? await measureThroughput(bed, all) : [];
  const latency = load === undefined ? [] : await measureLatencies(bed, all, load);
  const leftOut = isAsked("latency") && !hasLoad ? ["Latency: go is not installed"] : [];
  return { memory, throughput, latency, leftOut, failures: bed.failures };
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
    ...proxies.filter(({ withoutForwardedFor }) => withoutForwardedFor !== undefined)
      .map(({ name, withoutForwardedFor }) =>
        `${name} with X-Forwarded-For: ${withoutForwardedFor}`
      ),
  ];
}

/** Ends the bench on a signal: no processes and no files are left behind. */
function abort(directory: string): never {
  for (const pid of listProcessTree(Deno.pid).slice(1)) kill(pid);
  Deno.removeSync(directory, { recursive: true });
  Deno.exit(130);
}
