/**
 * Changes what a real DNS server (dnsmasq) says of a name while requests flow, and measures when new addresses are
 * used and removed ones no more; then takes the server away for a minute. It answers with a TTL of 600 s, as Docker's
 * does.
 *
 * Use: `deno run -A tests/bench/dns_changes.ts tcp 2 changes=10 outage=60`: the engine, the number of workers, how
 * many addresses come and go, and the seconds without a server. Exits with 1 if a request failed, a new address was
 * used later than 6 s, or an old one longer than 7 s. Needs dnsmasq. Everything runs on loopback: the backends are addresses
 * of 127.2.0.0/16.
 */
import { print } from "../../lib/logging/log.ts";
import { Program } from "../support/program.ts";
import { DrainLoad } from "./drain_load.ts";
import { freePort, listening } from "./processes.ts";

const [engine = "tcp", workers = "2", ...words] = Deno.args;
const given = Object.fromEntries(words.map((word) => word.split("=")));
const CHANGES = Number(given["changes"] ?? 10);
const OUTAGE_MS = 1_000 * Number(given["outage"] ?? 60);
const ADDED_LIMIT_MS = 6_000;
/** It takes a second answer, a second after the first, and the time of the clock. */
const REMOVED_LIMIT_MS = 7_000;

const [port, backendPort, dnsPort] = [freePort(), freePort(), freePort()];
/** When each address got its last request, by performance.now(). */
const lastRequest = new Map<string, number>();
const servers = Array.from({ length: 4 }, (_, index) => {
  const hostname = `127.2.0.${index + 1}`;
  return Deno.serve({ hostname, port: backendPort, onListen() {} }, () => {
    lastRequest.set(hostname, performance.now());
    return new Response(hostname);
  });
});
const folder = await Deno.makeTempDir();
await Deno.chmod(folder, 0o755); // dnsmasq reads it as a user of its own
await hosts([1, 2]);
let dns = startDns();
await pause(500);
const path = `${folder}/balancer.json`;
await Deno.writeTextFile(
  path,
  JSON.stringify({
    engine,
    workers: Number(workers),
    log: { access: "off" },
    admin: "off",
    dns: { server: `127.0.0.1:${dnsPort}` },
    listeners: { http: { host: "127.0.0.1", port } },
    pools: { users: { backends: [`dns+http://users.test:${backendPort}`] } },
  }),
);
await using program = new Program(["start", "--config", path], { env: { CONFIG: path } });
await program.shows(/listening on/);
await listening(port);
const load = new DrainLoad(port, 300);
const added: number[] = [];
const removed: number[] = [];
for (let change = 0; change < CHANGES; change++) {
  await pause(3_000 + Math.random() * 5_000); // at any time of the five seconds
  const [gone, come] = change % 2 === 0 ? [2, 3] : [3, 2];
  lastRequest.delete(`127.2.0.${come}`);
  const changedAt = performance.now();
  await hosts([1, come]);
  dns.kill("SIGHUP");
  while (!lastRequest.has(`127.2.0.${come}`)) await pause(5);
  added.push(performance.now() - changedAt);
  await pause(REMOVED_LIMIT_MS + 2_000);
  removed.push(lastRequest.get(`127.2.0.${gone}`)! - changedAt);
}
await end();
const outageAt = performance.now();
await pause(OUTAGE_MS);
const alive = [1, CHANGES % 2 === 0 ? 2 : 3].map((last) => `127.2.0.${last}`);
const served = alive.every((address) => lastRequest.get(address)! > performance.now() - 500);
dns = startDns();
await pause(8_000);
await load.stop();
const failed = load.sent.filter(({ end, status }) => end !== "answered" || status !== "200");
const line = (times: readonly number[]) => {
  const sorted = times.toSorted((one, other) => one - other).map((time) => time / 1000);
  return `${sorted[sorted.length >> 1]!.toFixed(1)} s (median), ${
    sorted.at(-1)!.toFixed(1)
  } (longest)`;
};
print(
  `${engine}, workers: ${workers}: ${CHANGES} changes, ${load.sent.length} requests, failed ${failed.length}, ` +
    `refused ${load.refused}\n` +
    `  a new address was used after ${line(added)}\n` +
    `  a removed one got its last request after ${line(removed)}\n` +
    `  ${((performance.now() - outageAt) / 1000).toFixed(0)} s later, after ${
      OUTAGE_MS / 1000
    } s without DNS: ` +
    `both addresses served: ${served}\n` +
    `  the log of the outage:\n${
      program.stderr.split("\n").filter((line) => line.includes("resolved")).map((line) =>
        `    ${line}\n`
      ).join("")
    }`,
);
await end();
await program[Symbol.asyncDispose]();
for (const server of servers) await server.shutdown();
await Deno.remove(folder, { recursive: true });
const isInTime = Math.max(...added) <= ADDED_LIMIT_MS && Math.max(...removed) <= REMOVED_LIMIT_MS;
const isSound = failed.length === 0 && served && isInTime;
Deno.exit(isSound ? 0 : 1);

async function hosts(numbers: readonly number[]): Promise<void> {
  const lines = numbers.map((number) => `127.2.0.${number} users.test\n`);
  await Deno.writeTextFile(`${folder}/hosts`, lines.join(""));
}

function startDns(): Deno.ChildProcess {
  return new Deno.Command("dnsmasq", {
    args: [
      ...["--keep-in-foreground", `--port=${dnsPort}`, "--listen-address=127.0.0.1"],
      ...["--bind-interfaces", "--no-resolv", "--no-hosts", `--addn-hosts=${folder}/hosts`],
      ...["--local=/test/", "--local-ttl=600"],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

async function end(): Promise<void> {
  dns.kill("SIGTERM");
  await dns.status;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
