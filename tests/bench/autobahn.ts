/**
 * Runs the cases of the Autobahn test suite for WebSocket servers directly, through the tcp engine, and through it
 * with TLS, and compares how each case ended: a balancer passes bytes on, so nothing may differ.
 *
 * Use: `deno run -A tests/bench/autobahn.ts [case …]`, such as `1.* 6.*`; by default all. It needs `wstest` of the
 * Autobahn test suite, in PATH or as the variable WSTEST. Its package on PyPI is autobahntestsuite, for Python 2.7;
 * Debian has none. Prints a table, and each case that differs; exits with 1 if there is one, or if none were run.
 * The backend is the suite's own server, so all groups can be run, those of compression as well (12 and 13).
 * They take about half an hour; without them (`1.* 2.* 3.* 4.* 5.* 6.* 7.* 9.* 10.*`) it is a few minutes.
 */
import { print } from "../../lib/logging/log.ts";
import { TlsRelay } from "../support/tls_relay.ts";
import { markdown } from "./peers/figures.ts";
import { end, freePort, listening } from "./processes.ts";
import { startSecureBalancer } from "./tls/balancer.ts";
import { makeCertificate, writeCertificate } from "./tls/keys.ts";

const WSTEST = Deno.env.get("WSTEST") ?? "wstest";
const WAYS = ["direct", "tcp engine", "tcp engine with TLS"] as const;

/** How a case ended, as the suite's index says. */
interface Ending {
  readonly behavior: string;
  readonly behaviorClose: string;
  readonly remoteCloseCode: number | null;
}

type Endings = Readonly<Record<string, Ending>>;

const cases = Deno.args.length > 0 ? Deno.args : ["*"];
const directory = await Deno.makeTempDir({ prefix: "autobahn-" });
let isSound = false;
try {
  isSound = await run();
} finally {
  await Deno.remove(directory, { recursive: true });
}
Deno.exit(isSound ? 0 : 1);

async function run(): Promise<boolean> {
  const [backendPort, plainPort, tlsPort] = [freePort(), freePort(), freePort()];
  const backend = wstest(["-m", "testeeserver", "-w", `ws://127.0.0.1:${backendPort}`]);
  try {
    await listening(backendPort);
    const { cert, key } = await writeCertificate(directory, "site", await makeCertificate("ecdsa"));
    await using _ = await startSecureBalancer(directory, {
      listeners: {
        http: { host: "127.0.0.1", port: plainPort },
        https: { host: "127.0.0.1", port: tlsPort, tls: { certificates: [{ cert, key }] } },
      },
      pools: { users: { backends: [`http://127.0.0.1:${backendPort}`] } },
      // The suite's server refuses a Host with another port than its own.
      routes: [{ pool: "users", rewriteHost: `127.0.0.1:${backendPort}` }],
    });
    await using relay = new TlsRelay(tlsPort); // so that wstest needs no TLS of its own
    const ports = [backendPort, plainPort, relay.port];
    const endings: Endings[] = [];
    for (const [index, way] of WAYS.entries()) endings.push(await fuzz(way, ports[index]!));
    return report(endings);
  } finally {
    await end(backend);
  }
}

function wstest(args: readonly string[]): Deno.ChildProcess {
  try {
    return new Deno.Command(WSTEST, {
      args: [...args],
      ...{ stdin: "null", stdout: "null", stderr: "inherit" },
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(
      `Cannot run ${WSTEST} as it is not installed: pip install autobahntestsuite, with Python 2.7`,
    );
  }
}

async function fuzz(way: string, port: number): Promise<Endings> {
  const [outdir, spec] = [`${directory}/${port}`, `${directory}/${port}.json`];
  const servers = [{ agent: way, url: `ws://127.0.0.1:${port}` }];
  await Deno.writeTextFile(
    spec,
    JSON.stringify({ outdir, servers, cases, "exclude-cases": [], "exclude-agent-cases": {} }),
  );
  const startedAt = performance.now();
  const { success } = await wstest(["-m", "fuzzingclient", "-s", spec]).status;
  if (!success) throw new Error(`wstest failed ${way}`);
  const index = JSON.parse(await Deno.readTextFile(`${outdir}/index.json`))[way] ?? {};
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  print(`${way}: ${Object.keys(index).length} cases in ${seconds} s\n`);
  return index;
}

function report(endings: readonly Endings[]): boolean {
  const [direct = {}] = endings;
  const groups = Map.groupBy(Object.keys(direct), (id) => id.split(".")[0]!);
  const rows = [...groups].toSorted(([one], [other]) => Number(one) - Number(other))
    .map(([group, ids]) => [
      group,
      String(ids.length),
      ...endings.map((all) => tally(ids.map((id) => all[id]?.behavior ?? "not run"))),
    ]);
  print(`\n${markdown(["Group", "Cases", ...WAYS], rows, 1)}\n`);
  const different = Object.keys(direct).filter((id) =>
    endings.some((all) => shown(all[id]) !== shown(direct[id]))
  );
  for (const id of different) {
    print(`DIFFERENT: ${id}: ${endings.map((all) => shown(all[id])).join(" | ")}\n`);
  }
  print(`${Object.keys(direct).length} cases, ${different.length} end in another way\n`);
  return different.length === 0 && Object.keys(direct).length > 0;
}

function tally(behaviors: readonly string[]): string {
  return [...Map.groupBy(behaviors, (behavior) => behavior)]
    .map(([behavior, { length }]) => `${length} ${behavior}`).join(", ");
}

function shown(ending: Ending | undefined): string {
  if (ending === undefined) return "not run";
  return `${ending.behavior}, closed ${ending.behaviorClose} ${ending.remoteCloseCode ?? ""}`;
}
