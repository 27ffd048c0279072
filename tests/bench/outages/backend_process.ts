/** A faulty backend as a process: which gets its faults over standard input, and is killed, stopped, started again. */
import { end, ROOT } from "../processes.ts";
import type { BehaviourName } from "./behaviours.ts";

type Command = BehaviourName | "flap" | "break" | "swallow";

interface Running {
  readonly process: Deno.ChildProcess;
  readonly input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly output: ReadableStreamDefaultReader<string>;
}

export class BackendProcess implements AsyncDisposable {
  readonly port: number;
  /** Where it writes down what arrives; kept over a restart. */
  readonly ledger: string;
  #running: Running;

  private constructor(port: number, ledger: string, running: Running) {
    this.port = port;
    this.ledger = ledger;
    this.#running = running;
  }

  /** Resolves once it listens. */
  static async start(port: number, ledger: string): Promise<BackendProcess> {
    return new BackendProcess(port, ledger, await run(port, ledger));
  }

  /** Resolves once it has done so. */
  async sendCommand(command: Command): Promise<void> {
    await this.#running.input.write(new TextEncoder().encode(`${command}\n`));
    await done(this.#running);
  }

  /** SIGSTOP leaves it to the kernel to accept connections, and whatever is sent unread. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#running.process.kill(signal);
  }

  /** Its port refuses from now on, and its connections are broken. */
  async kill(): Promise<void> {
    await end(this.#running.process);
  }

  /** Resolves once it listens again, on the same port. */
  async restart(): Promise<void> {
    await this.kill();
    this.#running = await run(this.port, this.ledger);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

async function run(port: number, ledger: string): Promise<Running> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "-A",
      `--config=${ROOT}deno.json`,
      `${ROOT}tests/bench/outages/faulty_backend.ts`,
      String(port),
      ledger,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit", // it writes nothing there, unless it is itself at fault
  }).spawn();
  const output = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const running = { process, input: process.stdin.getWriter(), output };
  await done(running);
  return running;
}

async function done({ output }: Running): Promise<void> {
  const { value } = await output.read();
  if (value !== "done\n") throw new Error(`The backend says ${JSON.stringify(value)}`);
}
