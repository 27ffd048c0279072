/**
 * Measures which share of connections resumes a TLS session, by the number of workers and the version of TLS.
 *
 * Use: `deno run -A tests/bench/tls_resumption.ts [name=value …]`. It needs go. Parameters, with their defaults:
 * rounds=3 count=1000 (connections of each measurement, in turn by each client) clients=8 workers=1,2,4. A client
 * remembers its last session only, as browsers do. Prints a table; exits with 1 if a connection failed.
 */
import { print } from "../../lib/logging/log.ts";
import { allowedCores } from "./peers/core_plan.ts";
import { markdown, shown, summarize } from "./peers/figures.ts";
import { needPrograms, readParameters } from "./parameters.ts";
import { end, freePort, listening, ROOT, spawn } from "./processes.ts";
import { startSecureBalancer } from "./tls/balancer.ts";
import { failuresOf, TlsClient } from "./tls/client.ts";
import { makeCertificate, writeCertificate } from "./tls/keys.ts";

const VERSIONS = ["1.2", "1.3"] as const;

const parameters = readParameters(Deno.args, {
  ...{ rounds: 3, count: 1_000, clients: 8 },
  workers: "1,2,4",
});
await needPrograms(["go", "taskset"]);

const directory = await Deno.makeTempDir({ prefix: "resumption-" });
const backendPort = freePort();
const backend = spawn([`${ROOT}tests/bench/reloads/backends.ts`, String(backendPort)]);
const wrong: string[] = [];
try {
  await listening(backendPort);
  const client = await TlsClient.build(directory, allowedCores());
  const { cert, key } = await writeCertificate(directory, "site", await makeCertificate("ecdsa"));
  const rows: string[][] = [];
  for (const workers of parameters.workers.split(",").map(Number)) {
    const shares = await measure(client, workers, { cert, key });
    rows.push([
      String(workers),
      ...shares.map((each) => shown(summarize(each), 1)),
      (100 / workers).toFixed(1),
    ]);
  }
  print(
    `${
      new Date().toISOString().slice(0, 10)
    }: resumed, in % of ${parameters.count} connections of ` +
      `${parameters.clients} clients, ${parameters.rounds} rounds\n\n` +
      markdown(["Workers", ...VERSIONS.map((version) => `TLS ${version}`), "1 in N"], rows, 1),
  );
} finally {
  await end(backend);
  await Deno.remove(directory, { recursive: true });
}
for (const what of wrong) print(`WRONG: ${what}\n`);
Deno.exit(wrong.length > 0 ? 1 : 0);

/** @returns for each version the shares of all rounds, in % */
async function measure(
  client: TlsClient,
  workers: number,
  certificate: { readonly cert: string; readonly key: string },
): Promise<number[][]> {
  const port = freePort();
  await using _ = await startSecureBalancer(directory, {
    workers,
    listeners: { https: { host: "127.0.0.1", port, tls: { certificates: [certificate] } } },
    pools: { users: { backends: [`http://127.0.0.1:${backendPort}`] } },
  });
  const { count, clients, rounds } = parameters;
  const shares: number[][] = [];
  for (const version of VERSIONS) {
    const each: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const result = await client.run({
        ...{ port, version, resume: true, clients, count, answer: String(backendPort) },
      });
      wrong.push(...failuresOf(result).map((what) => `${workers} workers, ${version}: ${what}`));
      each.push(100 * result.resumed / result.connections);
    }
    shares.push(each);
  }
  return shares;
}
