/** Three backends and a balancer in front of them, as processes on loopback. */
import { end, listening, spawnBalancer } from "../processes.ts";
import { BackendProcess } from "./backend_process.ts";
import { type Delivery, readLedger } from "./ledgers.ts";

export const ENGINE = Deno.env.get("ENGINE") ?? "web";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export class Site implements AsyncDisposable {
  /** Where the balancer listens. */
  readonly port = quietPort();
  readonly backends: BackendProcess[] = [];
  readonly #resources = new AsyncDisposableStack();
  #disposal: Promise<void> | undefined;

  /** Resolves once all of them listen. @param settings of the balancer's, other than its defaults */
  static async open(settings: Readonly<Record<string, string>> = {}): Promise<Site> {
    const site = new Site();
    for (const signal of SIGNALS) Deno.addSignalListener(signal, site.#abort);
    try {
      await site.#start(settings);
      return site;
    } catch (error) {
      await site[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #start(settings: Readonly<Record<string, string>>): Promise<void> {
    const directory = await Deno.makeTempDir({ prefix: "outages-" });
    this.#resources.defer(() => Deno.remove(directory, { recursive: true }));
    for (const name of ["a", "b", "c"]) {
      const backend = await BackendProcess.start(quietPort(), `${directory}/${name}`);
      this.backends.push(this.#resources.use(backend));
    }
    const ports = this.backends.map(({ port }) => port);
    // The admin port would be the same for two benches at a time.
    const env = { ENGINE, ADMIN_PORT: "off", ...settings };
    this.#resources.adopt(spawnBalancer(this.port, ports, env), end);
    await listening(this.port);
  }

  /** What has arrived at each backend so far. */
  ledgers(): Promise<Delivery[][]> {
    return Promise.all(this.backends.map(({ ledger }) => readLedger(ledger)));
  }

  /** Resolves once nothing is left of it, however often it is asked for. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposal ??= this.#dispose();
  }

  async #dispose(): Promise<void> {
    await this.#resources.disposeAsync();
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, this.#abort);
  }

  /** A bench that is interrupted leaves nothing running. */
  readonly #abort = async () => {
    await this[Symbol.asyncDispose]();
    Deno.exit(130);
  };
}

/**
 * A free port below those that the kernel hands out to connecting sockets: a port that is refused for a while
 * must not be taken by one of them meanwhile, nor be connected to itself.
 */
function quietPort(): number {
  while (true) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
