/** Runs the program as its users do: as a process, with the permissions of a task. */
import manifest from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url).pathname;

type Task = keyof typeof manifest.tasks;

/** The permission flags of a task, so that a test fails if they do not suffice. */
export function permissionsOf(task: Task): string[] {
  return flagsOf(task, /^(?:-[A-Z]|--(?:allow|deny|no-prompt|permission))/);
}

/** The flags for V8 of a task: they decide how much memory the program takes. */
export function v8FlagsOf(task: Task): string[] {
  return flagsOf(task, /^--v8-flags=/);
}

function flagsOf(task: Task, pattern: RegExp): string[] {
  return manifest.tasks[task].command.split(" ").filter((word) => pattern.test(word));
}

export interface RunOptions {
  /** The working directory; by default one without `.env`. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** How many files it may have open; by default as many as this process. */
  readonly descriptors?: number;
  /** The shell command that runs it, to redirect its output. */
  readonly shell?: string;
  /** The task whose permissions it gets; by default `start`, or `start:epoll` if the variable IO is epoll. */
  readonly task?: "start" | "start:epoll" | "simulate";
  /** Whether `deno task` runs it, both in a process group of their own. */
  readonly asTask?: boolean;
  /** A module to run instead of main.ts, with all permissions. */
  readonly script?: URL;
  /** Its standard input; by default empty. */
  readonly input?: string;
}

/** A running program, and its output so far. */
export class Program implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #texts = { stdout: "", stderr: "" };
  readonly #watchers = new Set<() => void>();
  readonly #reading: Promise<unknown>;
  readonly #isGroup: boolean;
  /** Whether all of both outputs is read. */
  #ended = false;

  constructor(args: readonly string[], options: RunOptions = {}) {
    const { cwd = "/tmp", env = {}, descriptors, input } = options;
    const io = env["IO"] ?? Deno.env.get("IO");
    const { task = io === "epoll" ? "start:epoll" : "start" } = options;
    const { shell = 'exec "$0" "$@"', script, asTask = false } = options;
    const limit = descriptors === undefined ? "" : `ulimit -n ${descriptors};`;
    const permissions = script === undefined ? permissionsOf(task) : ["--allow-all"];
    const run = [
      ...["run", "--quiet", "--no-check", `--config=${ROOT}deno.json`],
      ...permissions,
      ...v8FlagsOf(task),
      script?.pathname ?? `${ROOT}main.ts`,
    ];
    this.#process = new Deno.Command(asTask ? "setsid" : "sh", {
      args: [
        ...(asTask ? ["sh"] : []),
        "-c",
        `${limit} ${shell}`,
        Deno.execPath(),
        ...(asTask ? ["task", `--config=${ROOT}deno.json`] : run),
        ...args,
      ],
      cwd,
      env: { ...env, NO_COLOR: "1" },
      stdin: input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#isGroup = asTask;
    const writing = input === undefined ? undefined : this.#write(input);
    const reading = Promise.all([this.#read("stdout"), this.#read("stderr")]).then(() => {
      this.#ended = true;
      this.#notify();
    });
    this.#reading = Promise.all([reading, writing]);
  }

  get pid(): number {
    return this.#process.pid;
  }

  get stdout(): string {
    return this.#texts.stdout;
  }

  get stderr(): string {
    return this.#texts.stderr;
  }

  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Signals it and all that it has started, as a terminal does. It must have been run by `deno task`. */
  async killGroup(signal: Deno.Signal): Promise<void> {
    const args = ["-s", signal.slice("SIG".length), "--", `-${this.#process.pid}`];
    await new Deno.Command("kill", { args }).output();
  }

  /** Resolves with the first match in its output; rejects if it ends without one. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    while (true) {
      const match = pattern.exec(`${this.stdout}\n${this.stderr}`);
      if (match !== null) return match;
      if (this.#ended) throw new Error(`${pattern} not in: ${this.stdout}\n${this.stderr}`);
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  /** Its exit status, once it has ended and all is read. */
  async status(): Promise<number> {
    const [{ code }] = await Promise.all([this.#process.status, this.#reading]);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#isGroup) await this.killGroup("SIGKILL");
      this.#process.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended by itself
    }
    await this.status();
  }

  async #write(text: string): Promise<void> {
    const writer = this.#process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  }

  async #read(name: "stdout" | "stderr"): Promise<void> {
    const text = this.#process[name].pipeThrough(new TextDecoderStream());
    for await (const part of text) {
      this.#texts[name] += part;
      this.#notify();
    }
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher();
    this.#watchers.clear();
  }
}
