/** How much else the machine does: what a figure is worth is no better than the time that it was taken in. */
import { pinned } from "../cores.ts";
import { ROOT } from "../processes.ts";
import { figureOf, shown } from "./figures.ts";
import { TICK } from "./proc.ts";
import { endTree } from "./proxy.ts";

/** What was noted beside one measurement. */
export interface Noise {
  /** How long a fixed piece of work took on the proxy's core just before, in milliseconds. */
  readonly calibration: number;
  /** What part of the proxy's cores other processes had, 0 to 1; undefined where the load shares them. */
  readonly others: number | undefined;
  /** What part of the time the hypervisor took from these cores, 0 to 1. */
  readonly stolen: number;
}

/** Longer or shorter than the median of all by this factor: the core was slow, or quick for once. */
const UNUSUAL = 1.15;
/** More than this part of a core is no trifle. */
const TAKEN = 0.03;

export function isNoisy({ calibration, others = 0, stolen }: Noise, usual: number): boolean {
  const isUnusual = calibration > usual * UNUSUAL || calibration < usual / UNUSUAL;
  return isUnusual || others > TAKEN || stolen > TAKEN;
}

/** How long the fixed piece of work takes as a rule, in milliseconds. */
export function usualOf(measurements: readonly { readonly noise: Noise }[]): number {
  return figureOf(measurements.map(({ noise }) => noise.calibration)).median;
}

/** What is to be said of all measurements; nothing where the machine was quiet. */
export function noiseWarnings(measurements: readonly { readonly noise: Noise }[]): string[] {
  const usual = usualOf(measurements);
  const noises = measurements.map(({ noise }) => noise);
  const noisy = noises.filter((noise) => isNoisy(noise, usual)).length;
  if (noisy === 0) return [];
  const most = (what: (noise: Noise) => number) => Math.max(...noises.map(what));
  const calibrations = figureOf(noises.map(({ calibration }) => calibration));
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return [
    `The machine was noisy during ${noisy} of ${noises.length} measurements: a fixed piece of work took ` +
    `${shown(calibrations, 1)} ms; ` +
    `other processes had up to ${
      percent(most(({ others = 0 }) => others))
    } of the proxy's cores, ` +
    `the hypervisor up to ${percent(most(({ stolen }) => stolen))}`,
  ];
}

/** Does the fixed piece of work, in a process of its own on the proxy's first core. */
export class Calibrator implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<string>;

  constructor(core: number) {
    const [program, ...words] = pinned([core]);
    this.#process = new Deno.Command(program!, {
      args: [
        ...words,
        Deno.execPath(),
        "run",
        "--quiet",
        "-A",
        `${ROOT}tests/bench/peers/calibration.ts`,
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#reader = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** How long it took, in milliseconds. */
  async measure(): Promise<number> {
    await this.#writer.write(new Uint8Array([10]));
    const { value } = await this.#reader.read();
    return Number(value);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return endTree(this.#process);
  }
}

/** Nanoseconds of some cores so far. */
export interface CoreTimes {
  /** On processes; what the kernel does in interrupts is not among it. */
  readonly busy: number;
  readonly stolen: number;
}

export function readCoreTimes(cores: readonly number[]): CoreTimes {
  return coreTimesIn(Deno.readTextFileSync("/proc/stat"), cores);
}

/** @param text as of /proc/stat */
export function coreTimesIn(text: string, cores: readonly number[]): CoreTimes {
  const lines = text.split("\n").map((line) => line.split(/\s+/))
    .filter(([name]) => cores.some((core) => name === `cpu${core}`));
  const sum = (...places: number[]) =>
    TICK * lines.flatMap((line) => places.map((place) => Number(line[place])))
      .reduce((sum, ticks) => sum + ticks, 0);
  return { busy: sum(1, 2, 3), stolen: sum(8) };
}
