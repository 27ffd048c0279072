/** An authority, a store on disk and renewals on a virtual clock. */
import type { AcmeCertificate } from "../../lib/acme/chain.ts";
import { AcmeRenewal } from "../../lib/acme/renewal.ts";
import type { AcmeSettings } from "../../lib/acme/settings.ts";
import type { Disk } from "../../lib/acme/store/disk.ts";
import { Lease } from "../../lib/acme/store/lock.ts";
import { Challenges } from "../../lib/acme/store/challenges.ts";
import { AcmeStore } from "../../lib/acme/store/store.ts";
import { type FakeAcmeOptions, FakeAcmeServer } from "./fake_acme_server.ts";
import { TICK_MS, type Timed, Wheel } from "../../lib/time/timer_wheel.ts";

/** When a scene begins. */
export const START = Date.UTC(2026, 0, 1);
export const DAY_MS = 86_400_000;

/** What a request may take: while one is under way, the time must not pass. */
const REQUEST_LIMIT_MS = 30_000;

/** More steps than any test needs. */
const MAX_STEPS = 3_000;

export type SceneOptions = Partial<Pick<FakeAcmeOptions, "lifeMs" | "externalAccounts">>;

/** A wheel that knows what it waits for. */
class SeenWheel extends Wheel {
  readonly #pauses = new Set<Timed>();
  readonly #others = new Set<Timed>();

  override set(timed: Timed, milliseconds: number): void {
    super.set(timed, milliseconds);
    const isPause = !(timed instanceof Lease) && milliseconds !== REQUEST_LIMIT_MS;
    (isPause ? this.#pauses : this.#others).add(timed);
  }

  /** How many pauses are waited for. */
  get pauses(): number {
    return waiting(this.#pauses).length;
  }

  /** When the next deadline is; Infinity if there is none. */
  get next(): number {
    const all = [...waiting(this.#pauses), ...waiting(this.#others)];
    return Math.min(...all.map(({ deadline }) => deadline));
  }
}

function waiting(entries: Set<Timed>): Timed[] {
  for (const timed of entries) if (timed.deadline === Infinity) entries.delete(timed);
  return [...entries];
}

/** It knows whether it runs. */
class SeenRenewal extends AcmeRenewal {
  isRunning = false;

  override async start(): Promise<void> {
    await super.start();
    this.isRunning = true;
  }

  override async stop(): Promise<void> {
    this.isRunning = false;
    await super.stop();
  }
}

/** One balancer's renewal, and what it said. */
export interface Balancer {
  readonly renewal: SeenRenewal;
  readonly certificates: AcmeCertificate[];
  readonly warnings: string[];
  readonly infos: string[];
}

export class AcmeScene implements AsyncDisposable {
  readonly wheel: SeenWheel;
  readonly server: FakeAcmeServer;
  readonly folder: string;
  readonly #balancers: Balancer[] = [];

  private constructor(server: FakeAcmeServer, folder: string, wheel: SeenWheel) {
    this.wheel = wheel;
    this.server = server;
    this.folder = folder;
  }

  /** The time of day. */
  readonly now = (): number => START + this.wheel.now;

  static async start(options: SceneOptions = {}): Promise<AcmeScene> {
    const folder = await Deno.makeTempDir();
    const wheel = new SeenWheel(0);
    const server = await FakeAcmeServer.start({
      ...options,
      now: () => START + wheel.now,
      answerTo: (token) => new Challenges(`${folder}/acme`).read(token),
    });
    return new AcmeScene(server, folder, wheel);
  }

  settings(settings: Partial<AcmeSettings> = {}): AcmeSettings {
    const { directory } = this.server;
    return { domains: ["www.a.test", "a.test"], email: "ops@a.test", directory, ...settings };
  }

  /** Another balancer on the same store; it is not started. */
  balancer(settings: Partial<AcmeSettings> = {}, disk: Disk = Deno): Balancer {
    const said = {
      certificates: [] as AcmeCertificate[],
      warnings: [] as string[],
      infos: [] as string[],
    };
    const renewal = new SeenRenewal(this.settings(settings), {
      store: new AcmeStore(`${this.folder}/acme`, disk),
      wheel: this.wheel,
      wallClock: this.now,
      random: () => 0,
      onCertificate: (certificate) => said.certificates.push(certificate),
      onWarning: (text) => said.warnings.push(this.plain(text)),
      onInfo: (text) => said.infos.push(this.plain(text)),
    });
    const balancer = { renewal, ...said };
    this.#balancers.push(balancer);
    return balancer;
  }

  async started(settings: Partial<AcmeSettings> = {}): Promise<Balancer> {
    const balancer = this.balancer(settings);
    await balancer.renewal.start();
    return balancer;
  }

  /** Without ports, paths and tokens, which are others each time. */
  plain(text: string): string {
    return text.replaceAll(this.folder, "FOLDER").replaceAll(String(this.server.port), "PORT");
  }

  /** Lets the time pass until something is so: from one deadline to the next, while nothing else happens. */
  async until(condition: () => boolean): Promise<void> {
    for (let step = 0; !condition(); step++) {
      if (step > MAX_STEPS) throw new Error(`It does not happen: ${this.#said()}`);
      await this.#rest(condition);
      if (!condition()) this.#turn(this.wheel.next);
    }
  }

  /** Lets so much time pass, and what is due happen. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.wheel.now + milliseconds;
    while (this.wheel.now < end) {
      await this.#rest();
      this.#turn(Math.min(this.wheel.next, end));
    }
    await this.#rest();
  }

  /** Whether a balancer waits for an answer that does not come. */
  get isHanging(): boolean {
    const { hungAt = -Infinity, busy } = this.server;
    return busy === 0 && this.now() - hungAt < REQUEST_LIMIT_MS;
  }

  /** Resolves when all balancers wait for the time, or the authority hangs. */
  async #rest(isOver: () => boolean = () => false): Promise<void> {
    for (let turn = 0; !isOver(); turn++) {
      const running = this.#balancers.filter(({ renewal }) => renewal.isRunning).length;
      if (this.wheel.pauses >= running) return;
      if (this.isHanging && turn > 20) return;
      if (turn > 10_000) throw new Error(`It does not come to rest: ${this.#said()}`);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  #turn(time: number): void {
    if (time === Infinity) throw new Error(`Nothing is waited for: ${this.#said()}`);
    this.wheel.turn(Math.max(time, this.wheel.now) + TICK_MS);
  }

  #said(): string {
    const said = this.#balancers.flatMap(({ warnings, infos }) => [...warnings, ...infos]);
    return `${this.server.asked.join(" ")}: ${said.join("\n")}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#balancers.map(({ renewal }) => renewal.stop()));
    await this.server[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** The files of a folder and those below it, with their contents. */
export async function contentsOf(folder: string): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (!isDirectory) contents[name] = await Deno.readTextFile(path);
    else {
      const below = Object.entries(await contentsOf(path));
      for (const [file, text] of below) contents[`${name}/${file}`] = text;
    }
  }
  return contents;
}
