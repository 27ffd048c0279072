/**
 * Replaces a balancer by another one again and again, while short connections come in at a steady rate, and counts
 * those that were refused, reset or not answered.
 *
 * Use: `deno run -A tests/bench/takeovers.ts tcp 2`: one of tcp and web (the engines, by `start --takeover`),
 * haproxy (`-W` and SIGUSR2), haproxy-fd (the same with `expose-fd listeners`) and haproxy-sf (started anew with
 * `-sf`), and the number of workers. Further words change the load:
 * `connections=100000 rate=4500 takeovers=20 at-once=300`. With an engine of ours it exits with 1 if connections
 * were refused or not answered, or if an instance did not end with status 0; some may be reset (docs/deploy.md says
 * why). Everything runs on loopback.
 */
import { print } from "../../lib/logging/log.ts";
import { end, freePort, listening, ROOT, spawn } from "./processes.ts";
import { PROXIES } from "./takeovers/proxies.ts";
import { ShortConnections } from "./takeovers/short_connections.ts";

const [kind = "tcp", workersWord = "1", ...words] = Deno.args;
const given = Object.fromEntries(words.map((word) => word.split("=")));
const CONNECTIONS = Number(given["connections"] ?? 100_000);
const RATE = Number(given["rate"] ?? 4_500);
const TAKEOVERS = Number(given["takeovers"] ?? 20);
const AT_ONCE = Number(given["at-once"] ?? 300);

const folder = await Deno.makeTempDir();
const [port, backendPort] = [freePort(), freePort()];
const backend = spawn([`${ROOT}tests/bench/reloads/backends.ts`, String(backendPort)]);
await listening(backendPort);
const isSound = await run();
await end(backend);
await Deno.remove(folder, { recursive: true });
Deno.exit(isSound ? 0 : 1);

async function run(): Promise<boolean> {
  const options = { port, backendPort, workers: Number(workersWord), folder };
  await using proxy = await PROXIES[kind]!(options);
  await listening(port);
  const load = new ShortConnections(port, RATE, AT_ONCE);
  const statuses: (number | undefined)[] = [];
  const times: number[] = [];
  for (let number = 1; number <= TAKEOVERS; number++) {
    await until(() => load.count >= CONNECTIONS * (number - 0.5) / TAKEOVERS);
    const startedAt = performance.now();
    statuses.push(await proxy.replace());
    times.push(performance.now() - startedAt);
  }
  await until(() => load.count >= CONNECTIONS);
  const took = performance.now() - load.startedAt;
  await load.stop();
  const { answered, refused, reset, unanswered, wrong } = load.ends;
  times.sort((one, other) => one - other);
  print(
    `${kind}, workers: ${workersWord}: ${TAKEOVERS} takeovers, ${load.count} connections, ` +
      `${Math.round(load.count / took * 1_000)} a second\n` +
      `  answered ${answered}, refused ${refused}, reset ${reset}, unanswered ${unanswered}, ` +
      `wrong ${wrong}\n` +
      `  slower than 900 ms: ${load.slow}, longest ${load.longest.toFixed(0)} ms\n` +
      `  a takeover took ${times[TAKEOVERS >> 1]!.toFixed(0)} ms (median), ${
        times.at(-1)!.toFixed(0)
      } (longest), exit statuses: ${[...new Set(statuses)].join(" ")}\n` +
      `  lost at ${load.lostAt.join(" ") || "no time"} ms\n`,
  );
  const isOurs = kind === "tcp" || kind === "web";
  return !isOurs ||
    refused + unanswered + wrong === 0 && statuses.every((status) => status === 0);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
