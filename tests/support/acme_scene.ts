/** An authority, a store on disk and renewals on a virtual clock. */
import type { AcmeCertificate } from "../../lib/acme/chain.ts";
import { AcmeRenewal } from "../../lib/acme/renewal.ts";
import type { AcmeSettings } from "../../lib/acme/settings.ts";
import type { Disk } from "../../lib/acme/store/disk.ts";
import { AcmeStore } from "../../lib/acme/store/store.ts";
import { type FakeAcmeOptions, FakeAcmeServer } from "./fake_acme_server.ts";
import { ManualClock } from "./manual_clock.ts";

/** When a scene begins. */
export const START = Date.UTC(2026, 0, 1);
export const DAY_MS = 86_400_000;

/** While an order is under way: the time limits of requests must not pass while they are answered. */
const ORDERING_STEP_MS = 500;

export interface SceneOptions
  extends Partial<Pick<FakeAcmeOptions, "lifeMs" | "externalAccounts">> {
  /** How far the clock moves at once while nothing is ordered, in milliseconds. */
  readonly stepMs?: number;
}

/** One balancer's renewal, and what it said. */
export interface Balancer {
  readonly renewal: AcmeRenewal;
  readonly certificates: AcmeCertificate[];
  readonly warnings: string[];
  readonly infos: string[];
}

export class AcmeScene implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly server: FakeAcmeServer;
  readonly folder: string;
  readonly #stepMs: number;
  readonly #balancers: Balancer[] = [];

  private constructor(server: FakeAcmeServer, folder: string, stepMs: number, begin: () => number) {
    this.server = server;
    this.folder = folder;
    this.#stepMs = stepMs;
    this.now = begin;
  }

  /** The time of day. */
  now: () => number;

  static async start(options: SceneOptions = {}): Promise<AcmeScene> {
    const folder = await Deno.makeTempDir();
    const store = new AcmeStore(`${folder}/acme`);
    let now = () => START;
    const server = await FakeAcmeServer.start({
      ...options,
      now: () => now(),
      answerTo: (token) => store.keyAuthorization(token),
    });
    const scene = new AcmeScene(server, folder, options.stepMs ?? 1_000, () => now());
    now = () => START + scene.clock.now();
    return scene;
  }

  get store(): AcmeStore {
    return new AcmeStore(`${this.folder}/acme`);
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
    const renewal = new AcmeRenewal(this.settings(settings), {
      store: new AcmeStore(`${this.folder}/acme`, disk),
      wheel: this.clock.wheel,
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

  /** Moves the clock on until something is so; it never does while the authority works at a request. */
  async until(
    condition: () => boolean,
    stepMs = this.#stepMs,
    limitMs = 5_000 * stepMs,
  ): Promise<void> {
    const end = this.clock.now() + limitMs;
    while (!condition()) {
      if (this.clock.now() > end) {
        const said = this.#balancers.map(({ warnings, infos }) => [...warnings, ...infos]);
        throw new Error(`It does not happen: ${this.server.asked.join(" ")}: ${said.join("\n")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (this.server.busy > 0) continue;
      const isOrdering = this.#balancers.some(({ renewal }) => renewal.status().isOrdering);
      this.clock.wheel.turn(this.clock.now() + (isOrdering ? ORDERING_STEP_MS : stepMs));
    }
  }

  /** Lets the time pass, and what is due happen. */
  async pass(milliseconds: number, stepMs = this.#stepMs): Promise<void> {
    const end = this.clock.now() + milliseconds;
    await this.until(() => this.clock.now() >= end, stepMs);
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
