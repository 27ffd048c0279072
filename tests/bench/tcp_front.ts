/**
 * What clients that do nothing, or next to nothing, cost the tcp engine.
 *
 * Use: `deno run -A tests/bench/tcp_front.ts`, on Linux, with a limit of at least 11,000 open files.
 * Prints the memory of the balancer's process with 10,000 idle keep-alive connections, and the latency of
 * other clients while 5,000 connections trickle half a head. Run it on a machine that does nothing else.
 */
import { print } from "../../lib/logging/log.ts";
import { end, freePort, listening, ROOT, spawn, spawnBalancer } from "./processes.ts";

const IDLE = 10_000;
const TRICKLING = 5_000;
const HEADER_TIMEOUT = 10_000;
const REQUEST = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");

const [port, backendPort] = [freePort(), freePort()];
const backend = spawn([`${ROOT}main.ts`, "backend"], {
  HOST: "127.0.0.1",
  PORT: String(backendPort),
});
const balancer = spawnBalancer(port, [backendPort], { ENGINE: "tcp", MAX_CONNECTIONS: "20000" });
try {
  await Promise.all([listening(port), listening(backendPort)]);
  await latencies(2_000); // warm
  await measureIdle();
  await measureTrickling();
} finally {
  await Promise.all([end(balancer), end(backend)]);
}

async function measureIdle(): Promise<void> {
  const before = memory();
  const connections: Deno.TcpConn[] = [];
  for (let i = 0; i < IDLE; i++) connections.push(await exchangeOnce());
  await new Promise((resolve) => setTimeout(resolve, 2_000)); // the collector's turn
  print(`${IDLE} idle connections: ${before} MB before, ${memory()} MB with them\n`);
  for (const connection of connections) connection.close();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  print(`after they are closed: ${memory()} MB\n`);
}

async function measureTrickling(): Promise<void> {
  const alone = await latencies(6_000);
  const process = spawn(
    [`${ROOT}tests/bench/tricklers.ts`, String(port), String(TRICKLING)],
    {},
    "piped",
  );
  await new Promise((resolve) => setTimeout(resolve, 4_000)); // until they are connected
  const meanwhile = await latencies(6_000);
  const { stdout } = await process.output();
  const [connected, closedAfter] = new TextDecoder().decode(stdout).trim().split(" ");
  print(`others alone: ${alone}; while ${connected} heads trickle: ${meanwhile}\n`);
  print(
    `the last of them was closed after ${closedAfter} ms, HEADER_TIMEOUT is ${HEADER_TIMEOUT}\n`,
  );
}

/** Opens a connection and makes one exchange over it. */
async function exchangeOnce(): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await exchange(connection);
  return connection;
}

async function exchange(connection: Deno.TcpConn): Promise<void> {
  await connection.write(REQUEST);
  const size = await connection.read(new Uint8Array(2048));
  if (size === null) throw new Error("The connection was closed");
}

/** Latencies at 200 requests a second, counted from when each should have begun. */
async function latencies(duration: number): Promise<string> {
  const connections = await Promise.all(Array.from({ length: 20 }, exchangeOnce));
  const times: number[] = [];
  const startedAt = performance.now();
  await Promise.all(connections.map(async (connection, index) => {
    for (let due = startedAt + index * 5; due < startedAt + duration; due += 100) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      const began = Math.max(due, performance.now()); // a timer that is late is not the balancer's doing
      await exchange(connection);
      times.push(performance.now() - began);
    }
    connection.close();
  }));
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)]!.toFixed(2);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms of ${times.length}`;
}

/** Resident memory of the balancer's process, in MB. */
function memory(): number {
  const status = Deno.readTextFileSync(`/proc/${balancer.pid}/status`);
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1024);
}
