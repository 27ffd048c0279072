/**
 * Reloads a balancer again and again under load, and counts what that cost: requests that failed, WebSockets that
 * were closed, a download that broke off, turns of round robin that were lost, memory, descriptors and processes
 * that were left behind.
 *
 * Use: `deno run -A tests/bench/reloads.ts tcp 4`: one of tcp, web (the engines), haproxy and nginx, and the number
 * of workers. Further words change the load: `reloads=100 sockets=1000 rate=500 apart=250`. web has no WebSockets.
 * Each tenth reload adds a backend or takes it out again; the others change a setting. With an engine of ours it
 * exits with 1 if anything was lost. Everything runs on loopback, as processes of its own.
 */
import { print } from "../../lib/logging/log.ts";
import { residentMemory } from "../support/proc.ts";
import { CountedCheck, whole } from "./counted_body.ts";
import { DrainLoad } from "./drain_load.ts";
import { isGone, MessageReader } from "./message_reader.ts";
import { end, freePort, listening, ROOT, spawn } from "./processes.ts";
import { PROXIES, type RunningProxy } from "./reloads/proxies.ts";
import { Tunnels } from "./reloads/tunnels.ts";

const [kind = "tcp", workersWord = "1", ...words] = Deno.args;
const given = Object.fromEntries(words.map((word) => word.split("=")));
const RELOADS = Number(given["reloads"] ?? 100);
const SOCKETS = kind === "web" ? 0 : Number(given["sockets"] ?? 1_000);
const RATE = Number(given["rate"] ?? 500);
/** Between two reloads, in milliseconds. */
const APART = Number(given["apart"] ?? 250);
const EACH_SET_CHANGE = 10;
/** How long after the load memory and descriptors are looked at again, in milliseconds. */
const CALM = 8_000;
const DOWNLOAD = 20 * 1024 * 1024;

const folder = await Deno.makeTempDir();
const ports = [1, 2, 3, 4].map(freePort);
const port = freePort();
const backends = spawn([`${ROOT}tests/bench/reloads/backends.ts`, ...ports.map(String)]);
await Promise.all(ports.map(listening));
const isSound = await run();
await end(backends);
await Deno.remove(folder, { recursive: true });
Deno.exit(isSound ? 0 : 1);

async function run(): Promise<boolean> {
  await using proxy = await PROXIES[kind]!(
    { port, workers: Number(workersWord), folder },
    ports.slice(0, 3),
  );
  await listening(port);
  await warmUp();
  const before = await footprint(proxy);
  const countsBefore = await counts();
  const tunnels = new Tunnels();
  await tunnels.open(port, SOCKETS);
  const downloading = download(RELOADS * APART + 4_000);
  const load = new DrainLoad(port, RATE);
  await pause(2_000);
  const during = await footprint(proxy);
  const times: number[] = [];
  let setChanges = 0;
  for (let number = 1; number <= RELOADS; number++) {
    if (number % EACH_SET_CHANGE === 0) setChanges++;
    const startedAt = performance.now();
    await proxy.reload(ports.slice(0, setChanges % 2 === 0 ? 3 : 4), number);
    times.push(performance.now() - startedAt);
    await pause(Math.max(0, APART - times.at(-1)!));
  }
  await pause(2_000);
  const after = await footprint(proxy);
  const answered = SOCKETS === 0 ? 0 : await tunnels.ping();
  await load.stop();
  const downloaded = await downloading;
  const asked = await counts();
  await tunnels.end();
  await pause(CALM);
  const calm = await footprint(proxy);
  const failed = load.sent.filter(({ end, status }) => end !== "answered" || status !== "200");
  const each = ports.slice(0, 3).map((port) => asked[port]! - countsBefore[port]!);
  const spread = Math.max(...each) - Math.min(...each);
  times.sort((one, other) => one - other);
  print(
    `${kind}, workers: ${workersWord}: ${RELOADS} reloads (${setChanges} of the set), ` +
      `${load.sent.length} requests\n` +
      `  failed: ${failed.length} (${
        [...new Set(failed.map(({ end, status }) => `${end} ${status ?? ""}`.trim()))].join(", ")
      }), refused connections: ${load.refused}, ` +
      `closed while idle: ${load.closedIdle}, connection: close: ${
        load.sent.filter(({ closes }) => closes).length
      }\n` +
      `  download: ${downloaded}\n` +
      `  WebSockets: ${SOCKETS}, refused ${tunnels.refused}, closed ${tunnels.closed}, ` +
      `answered at the end ${answered}\n` +
      `  requests of each backend: ${each.join(" ")} and ${
        asked[ports[3]!]! - countsBefore[ports[3]!]!
      }, spread ${spread} (allowed ${setChanges + 1})\n` +
      `  a reload took ${times[RELOADS >> 1]!.toFixed(0)} ms (median), ${
        times.at(-1)!.toFixed(0)
      } (longest)\n` +
      `  MB, descriptors, processes: ${before} before, ${during} under load, ` +
      `${after} after the reloads, ${calm} when all is over\n`,
  );
  const isOurs = kind === "tcp" || kind === "web";
  return !isOurs || failed.length === 0 && load.refused === 0 && tunnels.closed === 0 &&
      downloaded === whole(DOWNLOAD) && spread <= setChanges + 1;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Lets it compile its code and take its buffers. */
async function warmUp(): Promise<void> {
  const load = new DrainLoad(port, RATE);
  await pause(2_000);
  await load.stop();
}

async function counts(): Promise<Record<string, number>> {
  return await (await fetch(`http://127.0.0.1:${ports[0]}/counts`)).json();
}

async function download(over: number): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const target = `/download?size=${DOWNLOAD}&over=${over}`;
  await connection.write(
    new TextEncoder().encode(`GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`),
  );
  const reader = new MessageReader(connection);
  const check = new CountedCheck();
  try {
    const head = await reader.head();
    if (head !== null) await reader.body(head, (bytes) => check.take(bytes));
    return String(check);
  } catch (error) {
    if (!isGone(error)) throw error;
    return `${check}, CUT: ${error.name}`;
  }
}

/** Resident memory in MB, descriptors and number of the proxy's processes, of all of them together. */
async function footprint({ pid }: RunningProxy): Promise<string> {
  const { stdout } = await new Deno.Command("ps", { args: ["-eo", "pid=,ppid="] }).output();
  const all = new TextDecoder().decode(stdout).trim().split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number) as [pid: number, parent: number]);
  const pids = [pid, ...all.filter(([, parent]) => parent === pid).map(([pid]) => pid)];
  const descriptors = pids.map((pid) => [...Deno.readDirSync(`/proc/${pid}/fd`)].length);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  return `${sum(pids.map((pid) => residentMemory(pid)))} ${sum(descriptors)} ${pids.length}`;
}
