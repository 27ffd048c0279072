/**
 * One of four backends is five times slower: what does each policy do to latency? On real sockets, beside what
 * the simulator says for the same backends and load.
 *
 * Use: `deno run -A tests/bench/policies.ts [policy ...]`. Requests arrive by chance, RATE (250) a second on
 * average, for WARMUP (3) seconds and then the SECONDS (20) that count, in each of ROUNDS (3) rounds, in which
 * all policies take their turns; `ENGINE=web` takes the other engine, `JSON=1` adds a line of JSON at the end.
 * Latencies are of requests that were due since the warm-up; a client gives up after half a minute. Where a
 * policy sends the slow backend more than it can take, that queue grows for as long as the load lasts, and so
 * do the latencies: compare them for the same SECONDS only. Exits with 1 where an answer was not right.
 */
import { complain, print } from "../../lib/logging/log.ts";
import { POLICY_NAMES, type PolicyName } from "../../lib/config/model.ts";
import { BENCH_CORE, pin } from "./cores.ts";
import { groupRows, listNotes, table } from "./policies/report.ts";
import { type Load, type Run, run } from "./policies/run.ts";
import { simulate } from "./policies/simulated.ts";
import { ENGINE } from "./policies/site.ts";

/** One client address is one key, and all its requests would go to one backend. */
const LEFT_OUT: readonly PolicyName[] = ["consistent_hash"];

const unknown = Deno.args.filter((name) => !isPolicy(name));
if (unknown.length > 0) wrongUse(`Unknown: ${unknown.join(", ")}. There are ${POLICY_NAMES}`);
const policies = Deno.args.length > 0
  ? Deno.args.filter(isPolicy)
  : POLICY_NAMES.filter((name) => !LEFT_OUT.includes(name));
const load: Load = {
  rate: readNumber("RATE", 250, 1),
  seconds: readNumber("SECONDS", 20, 1),
  warmup: readNumber("WARMUP", 3, 0),
};
const rounds = readNumber("ROUNDS", 3, 1);

const simulation = await simulate(load);
await pin(Deno.pid, BENCH_CORE);
const runs: Run[] = [];
for (let round = 1; round <= rounds; round++) {
  for (const policy of policies) runs.push(await run(policy, load, round));
}
const rows = groupRows(policies, runs, simulation);
print(
  `ENGINE=${ENGINE}, ${load.rate} requests a second, ${rounds} × ${load.seconds} s, in ms and %\n`,
);
print(table(rows));
for (const note of listNotes(rows, runs)) print(`${note}\n`);
if (Deno.env.get("JSON") === "1") {
  print(`${JSON.stringify({ engine: ENGINE, load, rows, runs })}\n`);
}
Deno.exit(runs.some(({ wrong }) => wrong.length > 0) ? 1 : 0);

function isPolicy(name: string): name is PolicyName {
  return POLICY_NAMES.some((known) => known === name);
}

function readNumber(name: string, usual: number, least: number): number {
  const number = Number(Deno.env.get(name) || usual);
  return number >= least ? number : wrongUse(`${name} must be a number, ${least} or more`);
}

function wrongUse(text: string): never {
  complain(text);
  Deno.exit(2);
}
