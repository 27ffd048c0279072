/** Debian's pebble and pebble-challtestsrv on loopback. */
import { AUTHORITY, certificateFor } from "../../support/certificates.ts";
import { end, freePort, listening } from "../processes.ts";

export interface PebbleOptions {
  /** Where challenges are answered. */
  readonly httpPort: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly externalAccounts?: Readonly<Record<string, string>>;
  /** How long its certificates are valid, in seconds. */
  readonly validitySeconds?: number;
}

export class Pebble implements AsyncDisposable {
  readonly #folder: string;
  readonly #port: number;
  readonly #dnsPort: number;
  /** Where the DNS server is told what to say. */
  readonly #management: number;
  readonly #env: Readonly<Record<string, string>>;
  readonly #dns: Deno.ChildProcess;
  #process: Deno.ChildProcess | undefined;

  private constructor(
    folder: string,
    port: number,
    [dnsPort, management]: readonly [number, number],
    dns: Deno.ChildProcess,
    env: Readonly<Record<string, string>>,
  ) {
    this.#folder = folder;
    this.#port = port;
    this.#dnsPort = dnsPort;
    this.#management = management;
    this.#dns = dns;
    this.#env = env;
  }

  static async start(options: PebbleOptions): Promise<Pebble> {
    const { httpPort, env = {}, externalAccounts, validitySeconds } = options;
    const folder = await Deno.makeTempDir();
    const [port, dnsPort] = [freePort(), freePort()];
    const { cert, key } = await certificateFor(["localhost"]);
    await Deno.writeTextFile(`${folder}/cert.pem`, cert);
    await Deno.writeTextFile(`${folder}/key.pem`, key);
    const pebble = {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${freePort()}`,
      certificate: `${folder}/cert.pem`,
      privateKey: `${folder}/key.pem`,
      httpPort,
      tlsPort: freePort(),
      ocspResponderURL: "",
      externalAccountBindingRequired: externalAccounts !== undefined,
      externalAccountMACKeys: externalAccounts ?? {},
      ...(validitySeconds !== undefined && { certificateValidityPeriod: validitySeconds }),
    };
    await Deno.writeTextFile(`${folder}/pebble.json`, JSON.stringify({ pebble }));
    const management = freePort();
    const dns = run("pebble-challtestsrv", [
      ...["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""],
      ...["-dns01", `127.0.0.1:${dnsPort}`, "-management", `127.0.0.1:${management}`],
    ]);
    await listening(management);
    const started = new Pebble(folder, port, [dnsPort, management], dns, {
      PEBBLE_VA_NOSLEEP: "1",
      PEBBLE_WFE_NONCEREJECT: "0",
      PEBBLE_AUTHZREUSE: "0",
      ...env,
    });
    await started.revive();
    return started;
  }

  get settings(): { readonly directory: string; readonly directoryCa: string } {
    return { directory: `https://localhost:${this.#port}/dir`, directoryCa: AUTHORITY.cert };
  }

  /** Lets all names have this address; 127.0.0.1 at first. */
  async pointTo(ip: string): Promise<void> {
    const url = `http://127.0.0.1:${this.#management}/set-default-ipv4`;
    const response = await fetch(url, { method: "POST", body: JSON.stringify({ ip }) });
    if (!response.ok) throw new Error(`The DNS server answered ${response.status}`);
    await response.body?.cancel();
  }

  /** Ends it with SIGKILL; it has forgotten everything then. */
  async kill(): Promise<void> {
    if (this.#process !== undefined) await end(this.#process);
    this.#process = undefined;
  }

  async revive(): Promise<void> {
    const args = ["-config", `${this.#folder}/pebble.json`];
    const dns = ["-dnsserver", `127.0.0.1:${this.#dnsPort}`];
    this.#process = run("pebble", [...args, ...dns], this.#env);
    await listening(this.#port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await end(this.#dns);
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Deno.ChildProcess {
  const command = new Deno.Command(program, {
    args: [...args],
    env: { ...env },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  return command.spawn();
}
