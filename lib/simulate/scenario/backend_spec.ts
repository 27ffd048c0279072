/** Simulated backends, as a user writes them: `lognormal(20ms,0.5) capacity=8 refuses=10s-20s`. */
import { type Complaint, isReading, type Read, reading } from "../../config/setting.ts";
import { wholeNumber } from "../../config/values.ts";
import { type Distribution, readDistribution } from "./distribution.ts";
import { FAULTS, type Period, readPeriod } from "./fault_schedule.ts";

/** What a simulated backend is like. */
export interface BackendScript {
  /** As the user wrote it. */
  readonly text: string;
  readonly name: string;
  /** 1 to 100. */
  readonly weight: number;
  /** How long it works on a request while it is well. */
  readonly latency: Distribution;
  /** Requests it works on at a time; Infinity where it is any number. */
  readonly capacity: number;
  readonly periods: readonly Period[];
}

const MAX_CAPACITY = 10_000;

const NAME = /^[A-Za-z0-9._-]{1,32}$/;

/** What each option that may be given once comes to. */
const OPTIONS = {
  name: (text: string): Read<string> =>
    NAME.test(text)
      ? reading(text)
      : "must have a name of 1 to 32 letters, digits, dots and dashes",
  weight: (text: string): Read<number> => prefixed("have a weight of", wholeNumber(text, 1, 100)),
  capacity: (text: string): Read<number> =>
    prefixed("have a capacity of", wholeNumber(text, 1, MAX_CAPACITY)),
};

/** The backends in their order, or a complaint about everything that is wrong with them. */
export function readScripts(text: string): Read<readonly BackendScript[]> {
  const entries = text.split(";").map((entry) => entry.trim());
  if (entries.length > 1 && entries.at(-1) === "") entries.pop(); // a ; after the last is no mistake
  const complaints: Complaint[] = [];
  const names = new Set<string>();
  const all = entries.map((entry) => {
    const { script, wrong } = readScript(entry);
    if (script.name !== undefined) {
      if (names.has(script.name)) wrong.push(`must not have two backends named ${script.name}`);
      names.add(script.name);
    }
    for (const expected of wrong) complaints.push({ expected, shown: entry });
    return script;
  });
  let letters = 0;
  const scripts = all.map(({ name, ...script }): BackendScript => {
    while (name === undefined && names.has(letter(letters))) letters++;
    return { ...script, name: name ?? letter(letters++) };
  });
  return complaints.length > 0 ? complaints : reading(scripts);
}

/** A backend as it is read by itself: it may have no name yet. */
type Unnamed = Omit<BackendScript, "name"> & { readonly name?: string };

/** @returns the backend, as far as it can be read, and what is wrong with it */
function readScript(text: string): { script: Unnamed; wrong: string[] } {
  const [latencyText = "", ...options] = text.replace(/\s*,\s*/g, ",").split(/\s+/);
  const wrong: string[] = [];
  const periods: Period[] = [];
  const given: { name?: string; weight?: number; capacity?: number } = {};

  /** Takes a value, or notes what is wrong with it. */
  function take<Value>(read: Read<Value>, keep: (value: Value) => void): void {
    if (isReading(read)) keep(read.value);
    else wrong.push(String(read));
  }

  let latency: Distribution = () => 0;
  take(readDistribution(latencyText), (value) => latency = value);
  for (const option of options) {
    const [, key = "", value = ""] = /^([a-z]+)=(.*)$/s.exec(option) ?? [];
    const fault = FAULTS.find((fault) => fault === key);
    if (fault !== undefined) {
      take(readPeriod(fault, value), (period) => periods.push(period));
    } else if (!Object.hasOwn(OPTIONS, key)) {
      wrong.push(`must have options only of ${[...Object.keys(OPTIONS), ...FAULTS].join(", ")}`);
    } else if (Object.hasOwn(given, key)) {
      wrong.push(`must have only one ${key}=`);
    } else {
      take<string | number>(
        OPTIONS[key as keyof typeof OPTIONS](value),
        (value) => Object.assign(given, { [key]: value }),
      );
    }
  }
  return {
    script: { text, weight: 1, capacity: Infinity, ...given, latency, periods },
    wrong,
  };
}

/** A complaint about a number, as one about a backend. */
function prefixed<Value>(what: string, read: Read<Value>): Read<Value> {
  return typeof read === "string" ? read.replace("must be", `must ${what}`) : read;
}

/** Names of backends that were given none: `a`, `b`, … `z`, `n26`, …; those that are taken are skipped. */
function letter(index: number): string {
  return index < 26 ? String.fromCharCode(97 + index) : `n${index}`;
}
