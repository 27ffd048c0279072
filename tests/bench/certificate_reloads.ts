/**
 * Replaces the certificate of a balancer again and again under load over TLS, and measures how long it takes until
 * new handshakes get the new one, and what that cost: requests that failed, connections that were closed, a download
 * that broke off, memory.
 *
 * Use: `deno run -A tests/bench/certificate_reloads.ts [name=value …]` on Linux. Parameters, with their defaults:
 * reloads=200 rate=500 (requests a second: half on new connections, half on kept ones) sockets=20 (WebSockets)
 * apart=100 (milliseconds between two reloads, and up to a second more if watched) workers=1 by=watch or sighup,
 * keys=ecdsa, rsa or mixed (each time the other one). With all=1 it runs one worker watched with keys=mixed, two
 * watched with ecdsa, one by SIGHUP with ecdsa and two by SIGHUP with mixed; where keys are mixed, at 40 % of the
 * rate. That takes twenty minutes. Exits with 1 if anything failed, or a certificate took a second or more.
 */
import { complain, print } from "../../lib/logging/log.ts";
import { certificateFor, connectSecurely, rsaKeys } from "../support/certificates.ts";
import { newKeys } from "../../lib/tls/issue.ts";
import { CountedCheck, whole } from "./counted_body.ts";
import { pinned, pinTo } from "./cores.ts";
import { allowedCores, defaultCores } from "./peers/core_plan.ts";
import { DrainLoad } from "./drain_load.ts";
import { isGone, MessageReader } from "./message_reader.ts";
import { needPrograms, readParameters } from "./parameters.ts";
import { markdown } from "./peers/figures.ts";
import { readMemory } from "./peers/memory.ts";
import { end, freePort, listening, ROOT, spawn } from "./processes.ts";
import { quantile } from "./quantiles.ts";
import { Tunnels } from "./reloads/tunnels.ts";
import { type SecureBalancer, startSecureBalancer } from "./tls/balancer.ts";
import { writeCertificate } from "./tls/keys.ts";

interface Variant {
  /** Requests a second. */
  readonly rate: number;
  readonly workers: number;
  readonly by: string;
  readonly keys: string;
}

/** How long one certificate took, in milliseconds since it was in place. */
interface Change {
  /** Until the first handshake that got it began. */
  readonly first: number;
  /** Until the last handshake that got the old one began: with several workers it may be later. */
  readonly last: number;
}

/** A handshake with RSA takes four times as long: that of a whole load would be overload. */
const RSA_SHARE = 0.4;
const MAX_MS = 1_000;
/** A certificate that is not there by then never comes. */
const GIVE_UP_MS = 10_000;
const PROBE_EACH_MS = 10;
/** Up to so much more lies between two reloads, so that they meet the balancer's looks at any moment. */
const PHASE_MS = 1_000;
/** So many handshakes in a row must get the new one: then no worker has the old one any more. */
const PROBES = 20;
const DOWNLOAD = 20 * 1024 * 1024;
const DOWNLOAD_MS = 30_000;
const CALM_MS = 5_000;

const parameters = readParameters(Deno.args, {
  ...{ reloads: 200, rate: 500, sockets: 20, apart: 100, workers: 1 },
  ...{ by: "watch", keys: "ecdsa", all: 0 },
});
await needPrograms(["taskset"]);
const { reloads, sockets } = parameters;
const KEYS = { ecdsa: [await newKeys(), await newKeys()], rsa: [await rsaKeys(), await rsaKeys()] };
const variants: readonly Variant[] = parameters.all > 0
  ? [
    { rate: parameters.rate * RSA_SHARE, workers: 1, by: "watch", keys: "mixed" },
    { rate: parameters.rate, workers: 2, by: "watch", keys: "ecdsa" },
    { rate: parameters.rate, workers: 1, by: "sighup", keys: "ecdsa" },
    { rate: parameters.rate * RSA_SHARE, workers: 2, by: "sighup", keys: "mixed" },
  ]
  : [parameters];
for (const { by, keys } of variants) {
  if (!["watch", "sighup"].includes(by)) throw new RangeError(`by=${by} is none of watch, sighup`);
  if (!["ecdsa", "rsa", "mixed"].includes(keys)) {
    throw new RangeError(`keys=${keys} is none of ecdsa, rsa, mixed`);
  }
}

const cores = defaultCores(allowedCores());
await pinTo(Deno.pid, cores.load);
const ports = [freePort(), freePort(), freePort()];
const backends = spawn([`${ROOT}tests/bench/reloads/backends.ts`, ...ports.map(String)]);
await Promise.all(ports.map(listening));
const rows: string[][] = [];
let isSound = true;
try {
  for (const variant of variants) {
    const { workers, by, keys } = variant;
    complain(`${workers} workers, by ${by}, keys ${keys}`);
    rows.push(await run(variant));
  }
} finally {
  await end(backends);
}
print(
  `\n${new Date().toISOString().slice(0, 10)}: ${reloads} certificates each, ` +
    `${sockets} WebSockets\n\n` +
    markdown(
      [
        ...[
          "Workers",
          "By",
          "Keys",
          "Requests/s",
          "New one served after, ms: median",
          "99 %",
          "longest",
        ],
        ...["Last old one, longest", "Requests", "Failed", "Closed", "Downloads", "Cut"],
        ...["WebSockets closed", "MiB before", "after"],
      ],
      rows,
      3,
    ),
);
Deno.exit(isSound ? 0 : 1);

/** @returns a row of the table */
async function run(variant: Variant): Promise<string[]> {
  const { rate, workers, by, keys } = variant;
  const folder = await Deno.makeTempDir({ prefix: "certificates-" });
  const port = freePort();
  const { cert, key } = await writeNext(folder, 0, keys);
  await using balancer = await startSecureBalancer(folder, {
    workers,
    watch: by === "watch",
    listeners: { https: { host: "127.0.0.1", port, tls: { certificates: [{ cert, key }] } } },
    defaults: { timeouts: { tunnelIdle: "1h" } },
    pools: { users: { backends: ports.map((port) => `http://127.0.0.1:${port}`) } },
  }, pinned(workers === 1 ? cores.one : cores.many));
  const problems: string[] = [];
  const open = () => openOrRefuse(port, problems);
  const warming = new DrainLoad(open, rate);
  await pause(3_000);
  await warming.stop();
  await pause(CALM_MS);
  const before = footprint(balancer);

  const tunnels = new Tunnels();
  await tunnels.open(open, sockets);
  const downloads = { isOver: false, whole: 0, cut: 0 };
  const downloading = download(open, downloads);
  const load = new DrainLoad(open, rate);
  const changes: Change[] = [];
  for (let number = 1; number <= reloads && balancer.exit() === undefined; number++) {
    await writeNext(folder, number, keys);
    changes.push(await replace(balancer, port, number, by, problems));
    await pause(parameters.apart + (by === "watch" ? Math.random() * PHASE_MS : 0));
  }
  downloads.isOver = true;
  await Promise.all([load.stop(), downloading]);
  const answered = await tunnels.ping();
  await tunnels.end();
  await pause(CALM_MS);
  const after = footprint(balancer);
  await Deno.remove(folder, { recursive: true });

  if (balancer.exit() !== undefined) throw new Error("The balancer has ended in the middle");
  const failed = load.sent.filter(({ end, status }) => end !== "answered" || status !== "200");
  for (const { end, status, first } of failed.slice(0, 5)) {
    problems.push(
      `a request ended ${end}, ${status}, ${first ? "first" : "later"} on its connection`,
    );
  }
  for (const problem of new Set(problems)) print(`WRONG: ${problem}\n`);
  const firsts = changes.map(({ first }) => first);
  const lost = failed.length + load.refused;
  const closed = tunnels.closed + sockets - answered;
  isSound &&= problems.length === 0 && lost === 0 && load.closedIdle === 0 && downloads.cut === 0 &&
    closed === 0 &&
    firsts.every((ms) => ms < MAX_MS) && changes.every(({ last }) => last < MAX_MS);
  return [
    ...[String(workers), by, keys, String(rate)],
    ...[0.5, 0.99, 1].map((share) => quantile(firsts, share).toFixed(0)),
    Math.max(...changes.map(({ last }) => last)).toFixed(0),
    ...[load.sent.length, lost, load.closedIdle, downloads.whole, downloads.cut, closed].map(
      String,
    ),
    ...[before, after],
  ];
}

/** Writes the certificate of that number, and its key. */
async function writeNext(folder: string, number: number, keys: string) {
  const isRsa = keys === "rsa" || keys === "mixed" && number % 2 === 1;
  const pair = KEYS[isRsa ? "rsa" : "ecdsa"][(number >> 1) % 2]!;
  const issued = await certificateFor(["localhost", nameOf(number)], { keys: pair });
  return await writeCertificate(folder, "site", issued);
}

/** Tells the balancer, if it is to be told, and waits until all handshakes get the new certificate. */
async function replace(
  { process }: SecureBalancer,
  port: number,
  number: number,
  by: string,
  problems: string[],
): Promise<Change> {
  const startedAt = performance.now();
  if (by === "sighup") process.kill("SIGHUP");
  let [first, last] = [Infinity, 0];
  for (let inRow = 0; inRow < PROBES;) {
    const at = performance.now() - startedAt;
    if (at > GIVE_UP_MS && (first === Infinity || last > first)) return { first, last: Infinity };
    if (await isServed(port, number, problems)) {
      inRow++;
      first = Math.min(first, at);
    } else {
      inRow = 0;
      last = at;
    }
    await pause(PROBE_EACH_MS);
  }
  return { first, last };
}

/** Whether a handshake gets the certificate of that number: no other has its name. */
async function isServed(
  port: number,
  number: number,
  problems: string[],
): Promise<boolean> {
  try {
    (await connectSecurely(port, nameOf(number))).close();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.InvalidData)) problems.push(`a handshake failed: ${error}`);
    return false;
  }
}

/** A handshake that fails is noted, and counts as a connection that could not be made. */
async function openOrRefuse(port: number, problems: string[]): Promise<Deno.Conn> {
  try {
    return await connectSecurely(port);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    problems.push(`a connection or handshake failed: ${error.name}: ${error.message}`);
    throw new Deno.errors.ConnectionRefused(error.message);
  }
}

/** One long download after the other. */
async function download(
  open: () => Promise<Deno.Conn>,
  done: { isOver: boolean; whole: number; cut: number },
): Promise<void> {
  const request =
    `GET /download?size=${DOWNLOAD}&over=${DOWNLOAD_MS} HTTP/1.1\r\nHost: a.test\r\n\r\n`;
  while (!done.isOver) {
    const check = new CountedCheck();
    try {
      using connection = await open();
      await connection.write(new TextEncoder().encode(request));
      const reader = new MessageReader(connection);
      const head = await reader.head();
      if (head !== null) await reader.body(head, (bytes) => check.take(bytes));
    } catch (error) {
      if (!isGone(error) && !(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await pause(1_000);
    }
    if (String(check) === whole(DOWNLOAD)) done.whole++;
    else done.cut++;
  }
}

/** Memory in MiB, and descriptors. */
function footprint({ process }: SecureBalancer): string {
  const descriptors = [...Deno.readDirSync(`/proc/${process.pid}/fd`)].length;
  return `${(readMemory(process.pid) / 1024 / 1024).toFixed(0)}, ${descriptors} files`;
}

function nameOf(number: number): string {
  return `n${number}.test`;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
