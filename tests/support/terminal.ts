/** Runs the commands of an example's README as a reader types them, and compares what they print. */
import { assertEquals } from "@std/assert";
import { fencesOf } from "./fences.ts";
import { deadPort } from "./dead_port.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** How long a terminal may take for one block of commands, in milliseconds. */
const PATIENCE_MS = 20_000;

/** What marks the end of a block's output: no command prints it. */
const END = "\x04";

/** Puts a free port in place of each of the examples' ports, 5000 to 5199, in one text after the other. */
function portReplacer(): (text: string) => string {
  const ports = new Map<string, number>();
  return (text) =>
    text.replace(/\b5[01]\d\d\b/g, (port) => {
      if (!ports.has(port)) ports.set(port, deadPort());
      return String(ports.get(port));
    });
}

/** Without what differs by system, columns, and by port: the cookie, which names the backend's address. */
function comparable(output: string): string {
  return output.replace(/^ +|\r$/gm, "").replace(/\blb=[\w-]{22};/g, "lb=…;");
}

/** A shell with job control that is given commands as a reader types them: block after block. */
class Terminal implements AsyncDisposable {
  readonly #shell: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reading: Promise<unknown>;
  readonly #texts = { stdout: "", stderr: "" };
  #changed = Promise.withResolvers<void>();
  #jobs = 0;

  /**
   * @param folder to work in: no `.env`, and settings of curl that bound its time
   * @param env variables beside those of this process
   */
  constructor(folder: string, env: Readonly<Record<string, string>>) {
    Deno.writeTextFileSync(`${folder}/.curlrc`, `max-time = 10\nnoproxy = "*"\n`);
    const bin = Deno.execPath().replace(/\/[^/]*$/, "");
    this.#shell = new Deno.Command("bash", {
      cwd: folder,
      env: { ...env, CURL_HOME: folder, NO_COLOR: "1", PATH: `${bin}:${Deno.env.get("PATH")}` },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#writer = this.#shell.stdin.getWriter();
    this.#reading = Promise.all([this.#read("stdout"), this.#read("stderr")]);
    this.#type("set -m; trap 'kill $(jobs -p) 2>/dev/null' EXIT\n");
  }

  /**
   * Runs a block, and waits until whatever it starts in the background says that it listens.
   *
   * @returns what it printed on standard output
   */
  async run(block: string): Promise<string> {
    this.#texts.stdout = "";
    this.#jobs += block.match(/&$/gm)?.length ?? 0;
    this.#type(`${block}\nprintf '\\004'\n`);
    const listening = () => this.#texts.stderr.match(/ listen(s|ing) on /g)?.length ?? 0;
    await this.#until(() => this.#texts.stdout.endsWith(END) && listening() >= this.#jobs);
    return this.#texts.stdout.slice(0, -END.length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await Promise.all([this.#shell.status, this.#reading]);
  }

  #type(text: string): void {
    this.#writer.write(new TextEncoder().encode(text)).catch(() => {}); // the shell's end is seen below
  }

  async #until(condition: () => boolean): Promise<void> {
    const tooLate = AbortSignal.timeout(PATIENCE_MS);
    tooLate.onabort = () => this.#changed.resolve();
    while (!condition()) {
      if (tooLate.aborted) throw new Error(`it hangs: ${Object.values(this.#texts).join("\n")}`);
      await this.#changed.promise;
      this.#changed = Promise.withResolvers();
    }
  }

  async #read(name: "stdout" | "stderr"): Promise<void> {
    for await (const part of this.#shell[name].pipeThrough(new TextDecoderStream())) {
      this.#texts[name] += part;
      this.#changed.resolve();
    }
  }
}

/**
 * Tries an example: each block of commands must print the block of text behind it, or nothing. Its files are
 * copied to a folder of its own, so that commands may write beside them.
 *
 * @param name of its folder in docs/examples
 */
export async function tryExample(
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const folder = `docs/examples/${name}`;
  const cwd = await Deno.makeTempDir();
  const withFreePorts = portReplacer();
  await Deno.mkdir(`${cwd}/${folder}`, { recursive: true });
  for await (const { name, isFile } of Deno.readDir(ROOT + folder)) {
    if (!isFile) continue;
    const text = await Deno.readTextFile(`${ROOT}${folder}/${name}`);
    await Deno.writeTextFile(`${cwd}/${folder}/${name}`, withFreePorts(text));
  }
  const page = await Deno.readTextFile(`${ROOT}${folder}/README.md`);
  const blocks = fencesOf(withFreePorts(page.replaceAll(" main.ts", ` ${ROOT}main.ts`)));
  {
    await using terminal = new Terminal(cwd, env);
    for (const [index, { language, text }] of blocks.entries()) {
      if (language !== "sh") continue;
      const output = await terminal.run(text);
      const next = blocks[index + 1];
      const expected = next?.language === "text" ? next.text : "";
      assertEquals(comparable(output), comparable(expected), `${JSON.stringify(env)} ${text}`);
    }
  }
  await Deno.remove(cwd, { recursive: true });
}
