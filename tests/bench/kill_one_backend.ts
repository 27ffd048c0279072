/**
 * Kills one of three backends with SIGKILL half-way through a load, and counts what that cost.
 *
 * Use: `ENGINE=tcp deno run -A tests/bench/kill_one_backend.ts`; exits with 1 if a GET failed or anything was
 * delivered twice. Everything runs on loopback, as processes of its own.
 */
import { print } from "../../lib/logging/log.ts";
import { end, freePort, listening, ROOT, spawn, spawnBalancer } from "./processes.ts";

const CONCURRENCY = 32;
const ENGINE = Deno.env.get("ENGINE");

interface Load {
  readonly method: "GET" | "POST";
  readonly requests: number;
  readonly body: Uint8Array<ArrayBuffer> | null;
}

const LOADS: readonly Load[] = [
  { method: "GET", requests: 20_000, body: null },
  { method: "POST", requests: 2_000, body: new Uint8Array(1024) },
];

const failed = (await Array.fromAsync(LOADS, measure)).some((sound) => !sound);
Deno.exit(failed ? 1 : 0);

async function measure(load: Load): Promise<boolean> {
  const directory = await Deno.makeTempDir();
  const ports = [freePort(), freePort(), freePort(), freePort()];
  const [port, ...backendPorts] = ports;
  const ledgers = backendPorts.map((_, index) => `${directory}/ledger-${index}`);
  const backends = backendPorts.map((port, index) =>
    spawn([`${ROOT}tests/bench/ledger_backend.ts`, String(port), ledgers[index]!])
  );
  const balancer = spawnBalancer(port!, backendPorts, ENGINE === undefined ? {} : { ENGINE });
  try {
    await Promise.all(ports.map(listening));
    const statuses = await send(load, port!, () => backends[1]!.kill("SIGKILL"));
    return await report(load, statuses, ledgers);
  } finally {
    for (const process of [...backends, balancer]) await end(process);
    await Deno.remove(directory, { recursive: true });
  }
}

/** Sends the load; half-way the blow falls. @returns how often each status, or error, came back */
async function send({ method, requests, body }: Load, port: number, blow: () => void) {
  const statuses = new Map<string, number>();
  let next = 0;
  const worker = async () => {
    while (next < requests) {
      const entry = next++;
      if (entry === requests / 2) blow();
      const answer = await fetch(`http://127.0.0.1:${port}/`, {
        method,
        body,
        headers: { "x-entry": String(entry) },
      }).then(async (response) => {
        await response.text();
        return String(response.status);
      }, (error) => `${error.message}: ${error.cause?.message}`);
      statuses.set(answer, (statuses.get(answer) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return statuses;
}

async function report(
  { method, requests }: Load,
  statuses: ReadonlyMap<string, number>,
  ledgers: readonly string[],
): Promise<boolean> {
  const perBackend: number[] = [];
  const delivered = new Map<string, number>();
  for (const ledger of ledgers) {
    const lines = (await Deno.readTextFile(ledger)).split("\n").filter((line) => line !== "");
    perBackend.push(lines.length);
    for (const line of lines) {
      const [entry = "", length] = line.split(" ");
      if (method === "POST" && length !== "1024") throw new Error(`Body of ${length} bytes`);
      delivered.set(entry, (delivered.get(entry) ?? 0) + 1);
    }
  }
  const twice = [...delivered.values()].filter((times) => times > 1).length;
  const answered = statuses.get("200") ?? 0;
  const answers = JSON.stringify(Object.fromEntries(statuses));
  print(
    `${requests} ${method}, one of three backends killed half-way: answers ${answers}, ` +
      `per backend ${perBackend.join(" / ")}, delivered ${delivered.size}, twice ${twice}\n`,
  );
  return method === "GET" ? answered === requests : twice === 0;
}
