/**
 * Adds a thousand backends and takes them out again, ten times, under load, and shows what is left of them: the
 * memory and descriptors of the balancer must not grow from one time to the next.
 *
 * Use: `deno run -A tests/bench/backend_churn.ts tcp 2`: the engine, and the number of workers. Everything runs on
 * loopback, as processes of its own: the backends are addresses of 127.1.0.0/16, which one process serves.
 */
import { print } from "../../lib/logging/log.ts";
import { Program } from "../support/program.ts";
import { residentMemory } from "../support/proc.ts";
import { DrainLoad } from "./drain_load.ts";
import { freePort, listening } from "./processes.ts";

const [engine = "tcp", workers = "2"] = Deno.args;
const BACKENDS = 1_000;
const TIMES = 10;
/** How long they stay, and stay away, in milliseconds. */
const STAY_MS = 3_000;
/** Idle connections to backends of the web engine close after 4 s. */
const AWAY_MS = 6_000;

const [port, backendPort, adminPort] = [freePort(), freePort(), freePort()];
const server = Deno.serve(
  { hostname: "0.0.0.0", port: backendPort, onListen() {} },
  () => new Response("ok"),
);
const folder = await Deno.makeTempDir();
const path = `${folder}/balancer.json`;
const addresses = Array.from(
  { length: BACKENDS },
  (_, index) => `http://127.1.${index >> 8}.${index & 255}:${backendPort}`,
);
await write([]);
await using program = new Program(["start", "--config", path], { env: { CONFIG: path } });
await program.shows(/listening on/);
await listening(port);
const pid = program.pid;
const load = new DrainLoad(port, 500);
await pause(3_000);
const lines = [`start: ${footprint()}`];
for (let time = 1; time <= TIMES; time++) {
  await write(addresses);
  const addedMs = await reload();
  await pause(STAY_MS);
  const full = footprint();
  await write([]);
  const removedMs = await reload();
  await pause(AWAY_MS);
  lines.push(
    `${time}: with them ${full}, without ${footprint()}; reloads ${addedMs}, ${removedMs} ms`,
  );
}
await load.stop();
const failed = load.sent.filter(({ end, status }) => end !== "answered" || status !== "200");
print(
  `${engine}, workers: ${workers}: MB and descriptors\n  ${lines.join("\n  ")}\n` +
    `  requests: ${load.sent.length}, failed: ${failed.length}, refused: ${load.refused}\n`,
);
await program[Symbol.asyncDispose]();
await server.shutdown();
await Deno.remove(folder, { recursive: true });
Deno.exit(failed.length === 0 ? 0 : 1);

async function write(more: readonly string[]): Promise<void> {
  const backends = [`http://127.0.0.1:${backendPort}`, ...more];
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      engine,
      workers: Number(workers),
      watch: false,
      log: { access: "off" },
      admin: { port: adminPort },
      listeners: { http: { host: "127.0.0.1", port } },
      pools: { users: { backends } },
    }),
  );
}

/** @returns how long it took, in milliseconds */
async function reload(): Promise<number> {
  const startedAt = performance.now();
  const response = await fetch(`http://127.0.0.1:${adminPort}/api/reload`, { method: "POST" });
  const text = await response.text();
  if (response.status !== 200) throw new Error(text);
  return Math.round(performance.now() - startedAt);
}

function footprint(): string {
  const descriptors = [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
  return `${residentMemory(pid)} ${descriptors}`;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
