/** Runs the client of TLS of the benches: go_client, a program in Go. */
import { pinned } from "../cores.ts";
import { buildGo } from "../peers/go_program.ts";

/** What it does; go_client/main.go explains each. */
export interface Plan {
  readonly port: number;
  readonly plain?: boolean;
  readonly version?: "1.2" | "1.3";
  readonly resume?: boolean;
  readonly clients: number;
  /** One of these. */
  readonly seconds?: number;
  readonly count?: number;
  readonly host?: string;
  readonly answer: string;
}

export interface Result {
  /** Connections with a right answer. */
  readonly connections: number;
  /** How many of them resumed a session. */
  readonly resumed: number;
  readonly seconds: number;
  /** How many by their cipher suite. */
  readonly suites: Readonly<Record<string, number>>;
  readonly wrong: Readonly<Record<string, number>>;
}

export class TlsClient {
  readonly #program: string;
  readonly #cores: readonly number[];

  private constructor(program: string, cores: readonly number[]) {
    this.#program = program;
    this.#cores = cores;
  }

  /** Builds it. @param directory for the program @param cores that it runs on */
  static async build(directory: string, cores: readonly number[]): Promise<TlsClient> {
    return new TlsClient(await buildGo("go_client", directory, import.meta.url), cores);
  }

  /** Makes connections, each for one request. */
  async run(plan: Plan): Promise<Result> {
    const process = this.#start({ ...plan, keep: false });
    await process.stdin.close();
    const { stdout } = await process.output();
    return JSON.parse(new TextDecoder().decode(stdout));
  }

  /** Opens connections with one request on each, which stay open until it is disposed of. */
  async keep(plan: Plan): Promise<Result & AsyncDisposable> {
    const process = this.#start({ ...plan, keep: true });
    let text = "";
    for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (text.endsWith("\n")) break;
    }
    return {
      ...JSON.parse(text),
      async [Symbol.asyncDispose]() {
        await process.stdin.close();
        await process.status;
      },
    };
  }

  #start(plan: Plan & { readonly keep: boolean }) {
    const [command, ...words] = [...pinned(this.#cores), this.#program];
    const process = new Deno.Command(command!, {
      args: words,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const input = new TextEncoder().encode(`${JSON.stringify({ host: "localhost", ...plan })}\n`);
    const writer = process.stdin.getWriter();
    writer.write(input);
    writer.releaseLock();
    return process;
  }
}

/** What went wrong, in one line each. */
export function failuresOf({ wrong }: Result): string[] {
  return Object.entries(wrong).map(([what, count]) => `${count} × ${what}`);
}
