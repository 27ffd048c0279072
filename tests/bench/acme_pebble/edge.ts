/** A balancer as a process, with ACME and a store below /run, and a look at what it serves. */
import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import type { Status } from "../../../lib/admin/status.ts";
import { Program } from "../../support/program.ts";
import { end, freePort, listening, ROOT, spawn } from "../processes.ts";

/** Enough new connections that each of two workers gets some. */
const LOOKS = 30;

/** How long the web engine may serve the certificate before to new connections (docs/tls.md), and more. */
const OLD_LISTENER_MS = 1_000;

const SERVED = /certificate of \S+(?: and 1 more)?, by ACME, changed/g;

interface Authority {
  readonly directory: string;
  readonly directoryCa: string;
}

export type Engine = "tcp" | "web";

export class Edge implements AsyncDisposable {
  readonly http = freePort();
  readonly https = freePort();
  readonly #admin = freePort();
  readonly #backendPort = freePort();
  readonly #folder = Deno.makeTempDirSync({ dir: "/run" });
  readonly #backend: Deno.ChildProcess;
  readonly #names: readonly string[];
  readonly store: string;
  #engine: Engine = "tcp";
  #program: Program | undefined;

  private constructor(names: readonly string[], store: string | undefined) {
    this.#names = names;
    this.store = store ?? `${this.#folder}/acme`;
    this.#backend = spawn([`${ROOT}tests/bench/counted_backend.ts`, String(this.#backendPort)]);
  }

  /** @param other whose store it shares */
  static async make(names = ["a.test", "www.a.test"], other?: Edge): Promise<Edge> {
    const edge = new Edge(names, other?.store);
    await listening(edge.#backendPort);
    return edge;
  }

  get log(): string {
    return this.#program?.stderr ?? "";
  }

  async start({ directory, directoryCa }: Authority, engine: Engine): Promise<void> {
    await Deno.writeTextFile(`${this.#folder}/ca.pem`, directoryCa);
    const [domains, store] = [this.#names, this.store];
    const acme = { domains, directory, directoryCa: "ca.pem", store };
    const host = "127.0.0.1";
    this.#engine = engine;
    const file = {
      engine,
      workers: 2,
      admin: { port: this.#admin },
      log: { access: "off" },
      listeners: {
        http: { host, port: this.http, redirectToHttps: true },
        https: { host, port: this.https, tls: { acme } },
      },
      pools: { users: { backends: [`http://127.0.0.1:${this.#backendPort}`] } },
    };
    await Deno.writeTextFile(`${this.#folder}/roundabout.json`, JSON.stringify(file));
    await this.#begin();
  }

  /** Another one takes its place, so that requests go on. */
  async restart(): Promise<void> {
    const before = this.#program!;
    await this.#begin("--takeover");
    await before.status();
  }

  async #begin(...args: string[]): Promise<void> {
    const program = new Program(["start", "--config", `${this.#folder}/roundabout.json`, ...args]);
    await program.shows(/listening on/);
    this.#program = program;
  }

  /**
   * Resolves when so many certificates have come, and all workers serve the last one.
   *
   * @returns how long that took, in milliseconds
   */
  async served(count: number): Promise<number> {
    const startedAt = performance.now();
    while ([...this.log.matchAll(SERVED)].length < count) await moment(5);
    const tookMs = Math.round(performance.now() - startedAt);
    if (this.#engine === "web") await moment(OLD_LISTENER_MS);
    await this.checkServed();
    return tookMs;
  }

  /** @throws if a new connection gets another certificate than the stored one */
  async checkServed(): Promise<void> {
    const stored = await this.#stored();
    for (let look = 0; look < LOOKS; look++) {
      const served = await this.#served();
      if (served !== stored && served !== await this.#stored()) {
        throw new Error(`${served} is served, and ${stored} stored`);
      }
    }
  }

  /** Resolves with what a line of the log says. */
  async says(pattern: RegExp): Promise<string> {
    return (await this.#program!.shows(pattern))[1]!;
  }

  async dueInMs(): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.#admin}/api/status`);
    const { acme: [certificate] } = await response.json() as Status;
    return Date.parse(certificate!.renewAt!) - Date.now();
  }

  async #stored(): Promise<string> {
    const folder = `${this.store}/certificates`;
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    const name = names.find((name) => name.startsWith(`${this.#names[0]}-`));
    const text = await Deno.readTextFile(`${folder}/${name}`);
    return new X509Certificate(text.slice(text.indexOf("-----BEGIN CERT"))).fingerprint256;
  }

  #served(): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port: this.https, servername: this.#names[0]! };
      const socket = connect({ ...options, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      });
      socket.on("error", reject);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
    await end(this.#backend);
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function moment(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
