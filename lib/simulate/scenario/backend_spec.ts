/**
 * Simulated backends in the notation of `--backends`: `lognormal(20ms,0.5) capacity=8
 * refuses=10s-20s`.
 */
import {
  type Complaint,
  isReading,
  type Read,
  reading,
  refusalOf,
  rephrase,
} from "../../config/values/reading.ts";
import { wholeNumber } from "../../config/values/quantities.ts";
import { type Distribution, readDistribution } from "./distribution.ts";
import { FAULTS, type Period, readPeriod } from "./fault_schedule.ts";

/** How a simulated backend behaves. */
export interface BackendSpec {
  /** As the user wrote it. */
  readonly text: string;
  readonly name: string;
  /** 1 to 100. */
  readonly weight: number;
  /** How long it works on a request while it is well. */
  readonly latency: Distribution;
  /** How many requests it works on at a time; Infinity if there is no limit. */
  readonly capacity: number;
  readonly periods: readonly Period[];
}

const MAX_WEIGHT = 100;

const MAX_CAPACITY = 10_000;

const NAME = /^[A-Za-z0-9._-]{1,32}$/;

/** The options that may be given once. */
const OPTIONS = {
  name: (text: string): Read<string> =>
    NAME.test(text)
      ? reading(text)
      : "must have a name of 1 to 32 letters, digits, dots, dashes and underscores",
  weight: (text: string): Read<number> =>
    aboutBackend("have a weight of", wholeNumber(text, 1, MAX_WEIGHT)),
  capacity: (text: string): Read<number> =>
    aboutBackend("have a capacity of", wholeNumber(text, 1, MAX_CAPACITY)),
};

/** Turns "must be …", about a number, into "must have a … of …", about a backend. */
function aboutBackend<Value>(what: string, read: Read<Value>): Read<Value> {
  return rephrase(read, (expected) => expected.replace("must be", `must ${what}`));
}

/**
 * Reads backends that are separated by `;`.
 *
 * @returns them in their order, or all problems with them
 */
export function readBackendSpecs(text: string): Read<readonly BackendSpec[]> {
  const entries = text.split(";").map((entry) => entry.trim());
  if (entries.length > 1 && entries.at(-1) === "") entries.pop(); // a trailing ; is allowed
  const complaints: Complaint[] = [];
  const names = new Set<string>();
  const specs = entries.map((entry) => {
    const { spec, problems } = readBackendSpec(entry);
    if (spec.name !== undefined) {
      if (names.has(spec.name)) problems.push(`must not have two backends named ${spec.name}`);
      names.add(spec.name);
    }
    for (const expected of problems) complaints.push({ expected, shown: entry });
    return spec;
  });
  return complaints.length > 0 ? complaints : reading(nameAll(specs, names));
}

/** A backend that may have no name yet. */
type UnnamedSpec = Omit<BackendSpec, "name"> & { readonly name?: string };

/** @returns the backend as far as it can be read, and what is wrong with it */
function readBackendSpec(text: string): { spec: UnnamedSpec; problems: string[] } {
  const [latencyText = "", ...options] = text.replace(/\s*,\s*/g, ",").split(/\s+/);
  const problems: string[] = [];
  const periods: Period[] = [];
  const given: { name?: string; weight?: number; capacity?: number } = {};

  function keep<Value>(read: Read<Value>, assign: (value: Value) => void): void {
    if (isReading(read)) assign(read.value);
    else problems.push(refusalOf(read)!.expected);
  }

  let latency: Distribution = () => 0;
  keep(readDistribution(latencyText), (value) => latency = value);
  for (const option of options) {
    const [, key = "", value = ""] = /^([a-z]+)=(.*)$/s.exec(option) ?? [];
    const fault = FAULTS.find((fault) => fault === key);
    if (fault !== undefined) {
      keep(readPeriod(fault, value), (period) => periods.push(period));
    } else if (!Object.hasOwn(OPTIONS, key)) {
      const known = [...Object.keys(OPTIONS), ...FAULTS].join(", ");
      problems.push(`must have only the options ${known}`);
    } else if (Object.hasOwn(given, key)) {
      problems.push(`must have only one ${key}=`);
    } else {
      keep<string | number>(
        OPTIONS[key as keyof typeof OPTIONS](value),
        (value) => Object.assign(given, { [key]: value }),
      );
    }
  }
  return {
    spec: { text, weight: 1, capacity: Infinity, ...given, latency, periods },
    problems,
  };
}

/** Gives backends without a name the first names that are not taken. */
function nameAll(specs: readonly UnnamedSpec[], taken: ReadonlySet<string>): BackendSpec[] {
  let index = 0;
  return specs.map(({ name, ...spec }): BackendSpec => {
    while (name === undefined && taken.has(defaultName(index))) index++;
    return { ...spec, name: name ?? defaultName(index++) };
  });
}

/** `a`, `b`, … `z`, `n26`, `n27`, … */
function defaultName(index: number): string {
  return index < 26 ? String.fromCharCode(97 + index) : `n${index}`;
}
