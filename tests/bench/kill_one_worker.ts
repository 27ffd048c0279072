/**
 * Lets one of several workers die half-way through a load, and counts what that cost.
 *
 * Use: `ENGINE=tcp WORKERS=2 deno run -A tests/bench/kill_one_worker.ts`; exits with 1 where more was lost than
 * that worker had, or anything was delivered twice. Clients use connections of their own and send nothing twice;
 * each has a request under way all the time, so a worker's death can cost each of its connections one.
 */
import { print } from "../../lib/logging/log.ts";
import { bytesOf } from "../support/raw_client.ts";
import { Program } from "../support/program.ts";
import { ClientPool, RIGHT } from "./outages/client_pool.ts";
import { end, freePort, listening, ROOT, spawn } from "./processes.ts";

const CLIENTS = 32;
const ENGINE = Deno.env.get("ENGINE") ?? "web";
const WORKERS = Deno.env.get("WORKERS") ?? "2";

const LOADS = [{ method: "GET", requests: 20_000 }, { method: "POST", requests: 2_000 }] as const;

type Load = (typeof LOADS)[number];

const sound = await Array.fromAsync(LOADS, measure);
Deno.exit(sound.every(Boolean) ? 0 : 1);

async function measure(load: Load): Promise<boolean> {
  const directory = await Deno.makeTempDir();
  const [port, ...backendPorts] = [freePort(), freePort(), freePort(), freePort()];
  const ledgers = backendPorts.map((_, index) => `${directory}/ledger-${index}`);
  const backends = backendPorts.map((port, index) =>
    spawn([`${ROOT}tests/bench/ledger_backend.ts`, String(port), ledgers[index]!])
  );
  await Promise.all(backendPorts.map(listening));
  await using balancer = new Program([], {
    script: new URL("../support/mortal_balancer.ts", import.meta.url),
    env: {
      USERS_SERVICE: backendPorts.map((port) => `http://127.0.0.1:${port}`).join(";"),
      HOST: "127.0.0.1",
      PORT: String(port),
      ADMIN_PORT: "off",
      ACCESS_LOG: "off",
      ENGINE,
      WORKERS,
    },
  });
  try {
    await balancer.shows(/listening on/);
    const answers = await send(load, port!, () => balancer.kill("SIGUSR2"));
    const [, lost] = await balancer.shows(/worker 1 died, requests lost with it: (\d+)/);
    await balancer.shows(/worker 1 is started again/);
    return await report(load, answers, Number(lost), ledgers);
  } finally {
    for (const backend of backends) await end(backend);
    await Deno.remove(directory, { recursive: true });
  }
}

/** Sends the load; half-way the blow falls. @returns how often each answer, or failure, came back */
async function send({ method, requests }: Load, port: number, blow: () => void) {
  const answers = new Map<string, number>();
  using clients = new ClientPool(port);
  const body = method === "POST" ? "x".repeat(1024) : "";
  const length = method === "POST" ? "Content-Length: 1024\r\n" : "";
  let next = 0;
  const client = async () => {
    while (next < requests) {
      const entry = next++;
      if (entry === requests / 2) blow();
      const head = `${method} / HTTP/1.1\r\nHost: a.test\r\nX-Entry: ${entry}\r\n${length}\r\n`;
      const answer = await clients.exchange(bytesOf(head + body), "written down");
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return answers;
}

async function report(
  { method, requests }: Load,
  answers: ReadonlyMap<string, number>,
  lost: number,
  ledgers: readonly string[],
): Promise<boolean> {
  const texts = await Promise.all(ledgers.map((ledger) => Deno.readTextFile(ledger)));
  const entries = texts.flatMap((text) => text.trimEnd().split("\n"));
  const twice = entries.length - new Set(entries).size;
  const failed = requests - (answers.get(RIGHT) ?? 0);
  print(
    `ENGINE=${ENGINE}, ${requests} ${method}, one of ${WORKERS} workers died half-way with ${lost} in flight: ` +
      `answers ${JSON.stringify(Object.fromEntries(answers))}, delivered twice ${twice}\n`,
  );
  // One more for each connection whose request had left its client, and not come to the worker.
  return failed >= lost && failed < CLIENTS && twice === 0;
}
