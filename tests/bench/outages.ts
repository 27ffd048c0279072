/**
 * Makes one of three backends fail, in every way there is, under an open-loop load, and counts what clients saw of it.
 *
 * Use: `ENGINE=tcp deno run -A tests/bench/outages.ts [kind ...]`, on Linux; as root it runs in a network namespace of
 * its own. All kinds take five minutes; `OUTAGE_SECONDS=2` makes each outage last that long instead of ten
 * seconds. The kinds are those of outages/faults.ts, and `all_die`, in which all backends fail at once. Latencies are
 * of GETs that were due since the failure began. Exits with 1 if a GET failed whose failure is not by design,
 * a POST was delivered twice, or backends that all fail received too much.
 */
import { complain, print } from "../../lib/logging/log.ts";
import { runAllDie } from "./outages/amplification.ts";
import { type Fault, FAULTS } from "./outages/faults.ts";
import { runOutage } from "./outages/outage.ts";
import { runInOwnNetwork } from "./outages/own_network.ts";
import { formatRow, HEADER, isSound, listNotes } from "./outages/report.ts";
import { ENGINE } from "./outages/site.ts";

const ALL_DIE = "all_die";
const KINDS = [...Object.keys(FAULTS), ALL_DIE];

const kinds = Deno.args.length === 0 ? KINDS : Deno.args;
const unknown = kinds.filter((kind) => !KINDS.includes(kind));
if (unknown.length > 0) {
  complain(`Unknown: ${unknown.join(", ")}. There are ${KINDS.join(", ")}`);
  Deno.exit(2);
}
Deno.exit(await runInOwnNetwork() ?? await runAll());

/** @returns the exit status */
async function runAll(): Promise<number> {
  const faults = kinds.filter((kind) => kind !== ALL_DIE);
  const sound = [];
  if (faults.length > 0) sound.push(await tabulate(faults.map((kind) => [kind, FAULTS[kind]!])));
  if (kinds.includes(ALL_DIE)) sound.push(await amplify());
  return sound.every(Boolean) ? 0 : 1;
}

/** Prints a row for each outage once it is over, and then what does not fit into rows. */
async function tabulate(faults: readonly (readonly [string, Fault])[]): Promise<boolean> {
  print(`ENGINE=${ENGINE}\n${HEADER}\n`);
  const notes: string[] = [];
  let sound = true;
  for (const [kind, fault] of faults) {
    const run = await runOutage(kind, fault);
    const kept = isSound(run);
    sound &&= kept;
    print(`${formatRow(run)}${kept ? "" : "  <- not sound"}\n`);
    notes.push(...listNotes(run));
  }
  for (const note of notes) print(`${note}\n`);
  return sound;
}

async function amplify(): Promise<boolean> {
  const { sound, lines } = await runAllDie();
  print(`ENGINE=${ENGINE}, all three backends fail${sound ? "" : "  <- not sound"}\n`);
  for (const line of lines) print(`${line}\n`);
  return sound;
}
