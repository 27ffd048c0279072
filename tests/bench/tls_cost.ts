/**
 * Measures what TLS costs: CPU time per request on kept connections and per new connection, with whole and resumed
 * handshakes, and memory of idle connections, of this balancer beside HAProxy and nginx in one run.
 *
 * Use: `deno run -A tests/bench/tls_cost.ts [name=value …]` on Linux with two cores or more, which do nothing else.
 * It needs HAProxy, nginx, wrk, go and openssl. Parameters, with their defaults: rounds=7 seconds=3 warmup=2
 * connections=64 (of wrk) clients=16 (that make new connections) idle=2000 only=tcp,haproxy,nginx, and work=… of
 * plain, tls13, new, full13, full13rsa, full12, resumed13, resumed12 and memory. With all of them it takes about
 * (rounds × 8 × 3 × (seconds + warmup)) s, and two minutes for memory.
 *
 * Each proxy has one worker on a core of its own; load and backends share another. They take turns within each round.
 * All use TLS_AES_128_GCM_SHA256 (over TLS 1.2 the same with ECDHE) and X25519, which is checked. Prints tables in
 * Markdown. Exits with 1 if a response was wrong, or if a handshake was resumed or whole where it should not be.
 */
import { complain, print } from "../../lib/logging/log.ts";
import { cpuBetween, readCpu } from "./peers/cpu.ts";
import { allowedCores, defaultCores } from "./peers/core_plan.ts";
import { readMemory } from "./peers/memory.ts";
import { readVersion } from "./peers/programs.ts";
import type { RunningProxy } from "./peers/proxy.ts";
import { rotate } from "./peers/runs.ts";
import { WORKLOADS } from "./peers/workloads.ts";
import { runWrk } from "./peers/wrk.ts";
import { pinTo } from "./cores.ts";
import { needPrograms, readParameters } from "./parameters.ts";
import { freePort } from "./processes.ts";
import { failuresOf, TlsClient } from "./tls/client.ts";
import { reportCosts } from "./tls/cost_report.ts";
import { type MemoryRun, type Run, WORKS } from "./tls/cost_works.ts";
import { selfSigned } from "./tls/keys.ts";
import { startBackends, SUITE_13, TLS_PROXIES, type TlsSite } from "./tls/proxies.ts";

const SMALL = WORKLOADS.find(({ key }) => key === "small")!;
const ANSWER = new TextDecoder().decode(SMALL.answer);
/** How long a process gets to free memory that it no longer needs, in milliseconds. */
const SETTLE_MS = 3_000;

const parameters = readParameters(Deno.args, {
  ...{ rounds: 7, seconds: 3, warmup: 2, connections: 64, clients: 16, idle: 2_000 },
  only: Object.keys(TLS_PROXIES).join(),
  work: [...Object.keys(WORKS), "memory"].join(),
});
const keys = chosen("only", parameters.only, Object.keys(TLS_PROXIES));
const works = chosen("work", parameters.work, [...Object.keys(WORKS), "memory"]);
await needPrograms([
  ...["wrk", "go", "openssl", "taskset", "nginx"] as const,
  ...keys.includes("haproxy") ? ["haproxy"] as const : [],
]);

const cores = defaultCores(allowedCores());
const wrong: string[] = [];
await pinTo(Deno.pid, cores.load);
const directory = await Deno.makeTempDir({ prefix: "tls-cost-" });
try {
  await measureAll();
} finally {
  await Deno.remove(directory, { recursive: true });
}
for (const what of wrong) print(`WRONG: ${what}\n`);
Deno.exit(wrong.length > 0 ? 1 : 0);

async function measureAll(): Promise<void> {
  const client = await TlsClient.build(directory, cores.load);
  const openssl = await writeOpensslSettings();
  const files = {
    ecdsa: await selfSigned(directory, "ecdsa"),
    rsa: await selfSigned(directory, "rsa"),
  };
  const backendPorts = [freePort(), freePort(), freePort()];
  await using _ = await startBackends(backendPorts, ANSWER, directory, cores.load);
  const siteFor = async (key: string): Promise<TlsSite> => {
    const ports = { plain: freePort(), ecdsa: freePort(), rsa: freePort() };
    const own = await Deno.makeTempDir({ dir: directory, prefix: key });
    return { ports, files, backendPorts, cores: cores.one, directory: own };
  };
  await describe();
  const memory = works.includes("memory") ? await measureMemory(client, siteFor) : [];
  const runs = await measureCpu(client, openssl, siteFor);
  reportCosts(keys, runs, memory, parameters.idle);
}

async function measureCpu(
  client: TlsClient,
  openssl: Record<string, string>,
  siteFor: (key: string) => Promise<TlsSite>,
): Promise<Run[]> {
  const chosenWorks = works.filter((work) => work !== "memory");
  if (chosenWorks.length === 0) return [];
  await using running = new AsyncDisposableStack();
  const proxies: { key: string; site: TlsSite; pid: number }[] = [];
  for (const key of keys) {
    const site = await siteFor(key);
    const { pid } = running.use(await TLS_PROXIES[key]!.start(site));
    proxies.push({ key, site, pid });
    for (const port of [site.ports.ecdsa, site.ports.rsa]) await checkSuite(key, port, openssl);
  }
  const runs: Run[] = [];
  for (let round = 1; round <= parameters.rounds; round++) {
    complain(`CPU, round ${round} of ${parameters.rounds}`);
    for (const work of chosenWorks) {
      for (const { key, site, pid } of rotate(proxies, round)) {
        const load = loadOf(work, key, site, client, openssl);
        if (parameters.warmup > 0) await load(parameters.warmup);
        const [before, begin] = [readCpu(pid), performance.now()];
        const { count, resumed, seconds } = await load(parameters.seconds);
        const elapsed = performance.now() - begin;
        const cpu = cpuBetween(before, readCpu(pid)) / 1_000;
        runs.push({
          ...{ proxy: key, work, round, cpu: cpu / count },
          ...{ perSecond: count / seconds, busy: cpu / 1_000 / elapsed, resumed: resumed / count },
        });
      }
    }
  }
  return runs;
}

/** @returns what makes that load for some seconds, and counts; what was wrong is noted */
function loadOf(
  work: string,
  key: string,
  { ports, directory }: TlsSite,
  client: TlsClient,
  openssl: Record<string, string>,
): (seconds: number) => Promise<{ count: number; resumed: number; seconds: number }> {
  const { port: kind, connect, title } = WORKS[work]!;
  const port = ports[kind];
  const note = (what: string) => wrong.push(`${TLS_PROXIES[key]!.name}, ${title}: ${what}`);
  if (connect === undefined) {
    return async (seconds) => {
      const burst = await runWrk({
        url: `${kind === "plain" ? "http" : "https"}://127.0.0.1:${port}`,
        ...{ workload: SMALL, connections: parameters.connections, seconds },
        ...{ cores: cores.load, directory, env: openssl },
      });
      for (const [what, times] of Object.entries(burst.errors)) {
        if (times > 0) note(`${times} × ${what}`);
      }
      return { count: burst.requests, resumed: 0, seconds: burst.seconds };
    };
  }
  return async (seconds) => {
    const plan = { port, clients: parameters.clients, seconds, answer: ANSWER, ...connect };
    const result = await client.run(plan);
    for (const failure of failuresOf(result)) note(failure);
    for (const suite of Object.keys(result.suites)) {
      if (!suite.includes("AES_128_GCM_SHA256")) note(`the suite is ${suite}`);
    }
    if (connect.resume !== true && result.resumed > 0) note(`${result.resumed} resumed`);
    if (connect.resume === true && result.resumed < 0.99 * result.connections) {
      note(`only ${result.resumed} of ${result.connections} resumed`);
    }
    return { count: result.connections, resumed: result.resumed, seconds: result.seconds };
  };
}

/** Each in a process of its own, which has answered some requests on connections that are closed again. */
async function measureMemory(
  client: TlsClient,
  siteFor: (key: string) => Promise<TlsSite>,
): Promise<MemoryRun[]> {
  const runs: MemoryRun[] = [];
  const rounds = Math.min(3, parameters.rounds);
  for (let round = 1; round <= rounds; round++) {
    complain(`Memory, round ${round} of ${rounds}`);
    for (const key of rotate(keys, round)) {
      // Each at ports of its own: of the process before, nothing may listen any more.
      const of = async (kind: "plain" | "ecdsa") =>
        await idleMemory(client, key, await siteFor(key), kind);
      const [plain, tls] = [await of("plain"), await of("ecdsa")];
      runs.push({ proxy: key, before: plain.before, plain: plain.each, tls: tls.each });
    }
  }
  return runs;
}

/** @returns bytes before, and of each idle connection */
async function idleMemory(
  client: TlsClient,
  key: string,
  site: TlsSite,
  kind: "plain" | "ecdsa",
): Promise<{ before: number; each: number }> {
  await using proxy: RunningProxy = await TLS_PROXIES[key]!.start(site);
  const plan = { port: site.ports[kind], plain: kind === "plain", answer: ANSWER };
  const note = (result: { readonly wrong: Readonly<Record<string, number>> }) => {
    for (const [what, times] of Object.entries(result.wrong)) {
      wrong.push(`${TLS_PROXIES[key]!.name}, idle ${kind}: ${times} × ${what}`);
    }
  };
  note(await client.run({ ...plan, clients: 32, count: parameters.idle }));
  await settle();
  const before = readMemory(proxy.pid);
  await using idle = await client.keep({ ...plan, clients: 32, count: parameters.idle });
  note(idle);
  await settle();
  return { before, each: (readMemory(proxy.pid) - before) / idle.connections };
}

/** Whether wrk gets the same suite and group from all. */
async function checkSuite(key: string, port: number, env: Record<string, string>): Promise<void> {
  const process = new Deno.Command("openssl", {
    args: ["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "localhost"],
    ...{ env, stdin: "null", stdout: "piped", stderr: "null" },
  });
  const text = new TextDecoder().decode((await process.output()).stdout);
  const isSame = text.includes(`TLSv1.3, Cipher is ${SUITE_13}`) && text.includes("X25519");
  const name = TLS_PROXIES[key]!.name;
  if (!isSame) wrong.push(`${name}: not ${SUITE_13} with X25519: ${/New, .*/.exec(text)?.[0]}`);
}

/** OpenSSL in wrk would offer AES-256 first, and one that takes its word would do more work. */
async function writeOpensslSettings(): Promise<Record<string, string>> {
  const path = `${directory}/openssl.cnf`;
  await Deno.writeTextFile(
    path,
    "openssl_conf = settings\n[settings]\nssl_conf = ssl\n[ssl]\nsystem_default = default\n" +
      `[default]\nMinProtocol = TLSv1.3\nCiphersuites = ${SUITE_13}\nGroups = X25519\n`,
  );
  return { OPENSSL_CONF: path };
}

async function describe(): Promise<void> {
  const processor = /^model name\s*: (.*)$/m.exec(await Deno.readTextFile("/proc/cpuinfo"))?.[1];
  const versions = await Promise.all(keys.map(async (key) => {
    const { name, version } = TLS_PROXIES[key]!;
    return `${name} ${await version()}`;
  }));
  const { rounds, seconds, warmup, connections, clients } = parameters;
  print(
    `${new Date().toISOString().slice(0, 10)}: ${
      versions.join(", ")
    }, Deno ${Deno.version.deno}, ` +
      `OpenSSL ${await readVersion("openssl", ["version"])}, ${processor}, ` +
      `Linux ${Deno.osRelease()}; proxy on core ${cores.one}, load and backends on ` +
      `${cores.load}; ${rounds} rounds of ${seconds} s after ${warmup} s, ${connections} ` +
      `kept connections, ${clients} clients with new ones\n\n`,
  );
}

function chosen(name: string, text: string, known: readonly string[]): string[] {
  const words = text.split(",");
  const unknown = words.find((word) => !known.includes(word));
  if (unknown === undefined) return known.filter((word) => words.includes(word));
  throw new RangeError(`Cannot use ${name}=${text} as there is no "${unknown}", only ${known}`);
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
