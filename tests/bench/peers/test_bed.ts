/** What all measurements share: backends, a certificate, a directory for files, and how contenders start. */
import { freePort } from "../processes.ts";
import { Backends } from "./backends.ts";
import { makeCertificate } from "./certificates.ts";
import { coresFor, isShared } from "./core_plan.ts";
import { cpuBetween, type CpuReading, readCpu } from "./cpu.ts";
import { Calibrator, type Noise, readCoreTimes } from "./noise.ts";
import type { Options } from "./options.ts";
import type { Certificate, Proxy, RunningProxy, Site } from "./proxy.ts";
import type { Workload } from "./workloads.ts";

/** A proxy with a number of workers. */
export interface Contender {
  readonly proxy: Proxy;
  readonly workers: number;
  readonly cores: readonly number[];
}

export interface Started extends AsyncDisposable {
  readonly contender: Contender;
  readonly site: Site;
  readonly pid: number;
}

/** What a proxy used during a piece of work. */
export interface Usage {
  /** CPU time of the proxy, in nanoseconds. */
  readonly cpu: number;
  /** The share of its cores that it used, 0 to 1. */
  readonly busy: number;
  readonly noise: Noise;
}

export class TestBed implements AsyncDisposable {
  readonly options: Options;
  readonly certificate: Certificate | undefined;
  readonly backends: Backends;
  /** What went wrong; the figures of a contender that is listed here are invalid. */
  readonly failures: string[] = [];
  readonly #directory: string;
  readonly #calibrator: Calibrator;
  #directories = 0;

  private constructor(
    options: Options,
    directory: string,
    certificate: Certificate | undefined,
    backends: Backends,
  ) {
    this.options = options;
    this.#directory = directory;
    this.certificate = certificate;
    this.backends = backends;
    this.#calibrator = new Calibrator(options.cores.one[0]!);
  }

  /** @param directory for files; the caller removes it */
  static async open(options: Options, directory: string): Promise<TestBed> {
    const certificate = await makeCertificate(directory);
    return new TestBed(options, directory, certificate, await Backends.start(options.cores.load));
  }

  listContenders(proxies: readonly Proxy[]): Contender[] {
    const { workers, cores } = this.options;
    return workers.flatMap((workers) =>
      proxies.filter(({ withoutWorkers }) => workers === 1 || withoutWorkers === undefined)
        .map((proxy) => ({ proxy, workers, cores: coresFor(cores, workers) }))
    );
  }

  /** @returns undefined if it does not start, which is recorded as a failure */
  async start(contender: Contender): Promise<Started | undefined> {
    const directory = `${this.#directory}/${++this.#directories}`;
    await Deno.mkdir(directory);
    const site: Site = {
      port: freePort(),
      tlsPort: freePort(),
      backendPorts: this.backends.ports,
      workers: contender.workers,
      cores: contender.cores,
      directory,
      certificate: this.certificate,
    };
    let running: RunningProxy;
    try {
      running = await contender.proxy.start(site);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.failures.push(error.message);
      return undefined;
    }
    const dispose = () => running[Symbol.asyncDispose]();
    return { contender, site, pid: running.pid, [Symbol.asyncDispose]: dispose };
  }

  /**
   * Does the work, and returns its result with what the proxy used meanwhile.
   *
   * @param pid of the proxy, or undefined if there is none @param cores of the proxy
   */
  async used<Result>(
    { pid, cores }: { readonly pid: number | undefined; readonly cores: readonly number[] },
    work: () => Promise<Result>,
  ): Promise<[Result, Usage]> {
    const calibration = await this.#calibrator.measure();
    const [cpuBefore, coresBefore, begin] = [cpuOf(pid), readCoreTimes(cores), performance.now()];
    const result = await work();
    const [cpuAfter, coresAfter, end] = [cpuOf(pid), readCoreTimes(cores), performance.now()];
    const cpu = cpuBetween(cpuBefore, cpuAfter);
    const whole = (end - begin) * 1e6 * cores.length;
    const others = (coresAfter.busy - coresBefore.busy - cpu) / whole;
    return [result, {
      cpu,
      busy: cpu / whole,
      noise: {
        calibration,
        others: isShared(this.options.cores, cores) ? undefined : Math.max(0, others),
        stolen: (coresAfter.stolen - coresBefore.stolen) / whole,
      },
    }];
  }

  /** Records what was wrong in a measurement of one contender: each distinct failure once, with its count. */
  note(who: string, what: string, wrong: readonly string[]): void {
    for (const [text, { length }] of Map.groupBy(wrong, (text) => text)) {
      const times = length === 1 ? "" : `${length} × `;
      this.failures.push(`${who}, ${what}: ${times}${text}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.backends, this.#calibrator].map((one) => one[Symbol.asyncDispose]()));
  }
}

/** How failures name a contender. */
export function nameOf({ proxy, workers }: Contender): string {
  return `${proxy.name} × ${workers}`;
}

function cpuOf(pid: number | undefined): CpuReading {
  return pid === undefined ? { threads: new Map(), coarse: 0 } : readCpu(pid);
}

/** @returns the port for a workload, or undefined if this contender does not support it */
export function portFor({ site, contender }: Started, { isTls }: Workload): number | undefined {
  if (!isTls) return site.port;
  const hasTls = site.certificate !== undefined && contender.proxy.withoutTls === undefined;
  return hasTls ? site.tlsPort : undefined;
}
