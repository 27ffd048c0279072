/** One balancer's part: a store, answers to challenges, and a renewal on a clock that may run faster. */
import type { AcmeCertificate } from "../../../lib/acme/chain.ts";
import { AcmeRenewal } from "../../../lib/acme/renewal.ts";
import type { AcmeSettings } from "../../../lib/acme/settings.ts";
import { AcmeStore } from "../../../lib/acme/store/store.ts";
import { Wheel } from "../../../lib/time/timer_wheel.ts";

const TURN_MS = 5;

export interface ClientOptions {
  /** How much faster its clock runs. */
  readonly speed?: number;
  /** Spoils what is answered to a challenge. */
  readonly answer?: (right: string) => string;
}

export class Client implements AsyncDisposable {
  readonly #store: AcmeStore;
  readonly #speed: number;
  readonly #startedAt = performance.now();
  readonly #wallStart = Date.now();
  readonly #wheel = new Wheel(0);
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #renewals: AcmeRenewal[] = [];
  readonly folder: string;
  answer: (right: string) => string;
  readonly certificates: AcmeCertificate[] = [];
  readonly warnings: string[] = [];
  readonly infos: string[] = [];
  /** How often the authority came. */
  challenges = 0;

  private constructor(folder: string, { speed = 1, answer = (right) => right }: ClientOptions) {
    this.folder = folder;
    this.answer = answer;
    this.#store = new AcmeStore(`${folder}/acme`);
    this.#speed = speed;
    this.#timer = setInterval(() => this.#wheel.turn(this.#elapsed), TURN_MS);
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        this.challenges++;
        const token = new URL(request.url).pathname.split("/").at(-1) ?? "";
        const right = await this.#store.challenges.read(token);
        return right === undefined
          ? new Response("no such token", { status: 404 })
          : new Response(this.answer(right));
      },
    );
  }

  static async start(options: ClientOptions = {}): Promise<Client> {
    return new Client(await Deno.makeTempDir(), options);
  }

  get httpPort(): number {
    return this.#server.addr.port;
  }

  get #elapsed(): number {
    return (performance.now() - this.#startedAt) * this.#speed;
  }

  async renew(settings: AcmeSettings): Promise<AcmeRenewal> {
    const renewal = new AcmeRenewal(settings, {
      store: this.#store,
      wheel: this.#wheel,
      wallClock: () => this.#wallStart + this.#elapsed,
      random: Math.random,
      onCertificate: (certificate) => this.certificates.push(certificate),
      onWarning: (text) => this.warnings.push(text),
      onInfo: (text) => this.infos.push(text),
    });
    this.#renewals.push(renewal);
    await renewal.start();
    return renewal;
  }

  /** @returns whether it came true in time */
  async until(condition: () => boolean, seconds = 60): Promise<boolean> {
    const end = performance.now() + 1_000 * seconds;
    while (!condition() && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return condition();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#renewals.map((renewal) => renewal.stop()));
    clearInterval(this.#timer);
    await this.#server.shutdown();
    await Deno.remove(this.folder, { recursive: true });
  }
}
