/** Detects what else the machine does during a measurement, which makes its figures less reliable. */
import { pinned } from "../cores.ts";
import { ROOT } from "../processes.ts";
import { shown, summarize } from "./figures.ts";
import { TICK_NS } from "./proc.ts";
import { endTree } from "./proxy.ts";

/** What was recorded with one measurement. */
export interface Noise {
  /** How long a fixed piece of work took on the proxy's core just before, in milliseconds. */
  readonly calibration: number;
  /** The share of the proxy's cores that other processes used, 0 to 1; undefined if the load shares them. */
  readonly others: number | undefined;
  /** The share of these cores that the hypervisor took, 0 to 1. */
  readonly stolen: number;
}

/** A calibration that is longer or shorter than the median by more than this factor is noise. */
const MAX_CALIBRATION_RATIO = 1.15;
/** More than this share of a core for other processes, or the hypervisor, is noise. */
const MAX_TAKEN_SHARE = 0.03;

export function isNoisy({ calibration, others = 0, stolen }: Noise, usual: number): boolean {
  const isUnusual = calibration > usual * MAX_CALIBRATION_RATIO ||
    calibration < usual / MAX_CALIBRATION_RATIO;
  return isUnusual || others > MAX_TAKEN_SHARE || stolen > MAX_TAKEN_SHARE;
}

/** @returns the median time of the fixed piece of work, in milliseconds */
export function computeUsualCalibration(
  measurements: readonly { readonly noise: Noise }[],
): number {
  return summarize(measurements.map(({ noise }) => noise.calibration)).median;
}

/** @returns a warning about all measurements; empty if the machine was quiet */
export function noiseWarnings(measurements: readonly { readonly noise: Noise }[]): string[] {
  const usual = computeUsualCalibration(measurements);
  const noises = measurements.map(({ noise }) => noise);
  const noisy = noises.filter((noise) => isNoisy(noise, usual)).length;
  if (noisy === 0) return [];
  const most = (what: (noise: Noise) => number) => Math.max(...noises.map(what));
  const calibrations = summarize(noises.map(({ calibration }) => calibration));
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return [
    `The machine was noisy during ${noisy} of ${noises.length} measurements: the calibration work took ` +
    `${shown(calibrations, 1)} ms; ` +
    `other processes used up to ${
      percent(most(({ others = 0 }) => others))
    } of the proxy's cores, ` +
    `the hypervisor up to ${percent(most(({ stolen }) => stolen))}`,
  ];
}

/** Does the fixed piece of work of calibration.ts, in a separate process on the proxy's first core. */
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

  /** @returns how long the work took, in milliseconds */
  async measure(): Promise<number> {
    await this.#writer.write(new Uint8Array([10]));
    const { value } = await this.#reader.read();
    return Number(value);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return endTree(this.#process);
  }
}

/** Nanoseconds of some cores since the machine started. */
export interface CoreTimes {
  /** Spent on processes, without the kernel's interrupts. */
  readonly busy: number;
  readonly stolen: number;
}

export function readCoreTimes(cores: readonly number[]): CoreTimes {
  return parseCoreTimes(Deno.readTextFileSync("/proc/stat"), cores);
}

/** @param text in the format of /proc/stat */
export function parseCoreTimes(text: string, cores: readonly number[]): CoreTimes {
  const lines = text.split("\n").map((line) => line.split(/\s+/))
    .filter(([name]) => cores.some((core) => name === `cpu${core}`));
  const sum = (...places: number[]) =>
    TICK_NS * lines.flatMap((line) => places.map((place) => Number(line[place])))
      .reduce((sum, ticks) => sum + ticks, 0);
  return { busy: sum(1, 2, 3), stolen: sum(8) };
}
