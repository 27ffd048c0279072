/** A balancer as a process, whose configuration file changes. */
import { Program } from "./program.ts";
import { Dialogue } from "./raw_client.ts";
import { deadPort } from "./dead_port.ts";
import type { ScriptedBackend } from "./scripted_backend.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

/** A balancer with a configuration file that can be written again. */
export class Reloadable implements AsyncDisposable {
  readonly port = deadPort();
  readonly adminPort = deadPort();
  readonly #folder = Deno.makeTempDirSync();
  #program: Program | undefined;

  get path(): string {
    return `${this.#folder}/balancer.jsonc`;
  }

  get program(): Program {
    return this.#program!;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What all files of these tests have, with what one of them has. */
  file(own: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return {
      engine: "tcp",
      workers: 2,
      watch: false,
      admin: { port: this.adminPort },
      listeners: { http: { host: "127.0.0.1", port: this.port } },
      ...own,
    };
  }

  write(own: Readonly<Record<string, unknown>> | string): void {
    const text = typeof own === "string" ? own : JSON.stringify(this.file(own), null, 2);
    Deno.writeTextFileSync(this.path, text);
  }

  /** @param cwd its working directory; by default any */
  async start(
    own: Readonly<Record<string, unknown>>,
    script?: URL,
    cwd?: string,
  ): Promise<void> {
    this.write(own);
    this.#program = new Program(["start", "--config", this.path], {
      env: { CONFIG: this.path },
      ...(cwd !== undefined && { cwd }),
      ...(script !== undefined && { script }),
    });
    await this.program.shows(/listening on /);
  }

  async admin(method: string, path: string): Promise<{ status: number; json: unknown }> {
    const response = await fetch(`http://127.0.0.1:${this.adminPort}${path}`, { method });
    return { status: response.status, json: await response.json() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

export const users = (...backends: readonly ScriptedBackend[]) => ({
  pools: { users: { backends: backends.map(({ url }) => url) } },
});

export async function ask(url: string): Promise<string> {
  return await (await fetch(url)).text();
}

/** Which of the workers' answers come, over connections of their own. */
export async function answersOf(balancer: Reloadable, count = 12): Promise<Set<string>> {
  const answers = new Set<string>();
  for (let i = 0; i < count; i++) {
    using client = await Dialogue.open(balancer.port);
    await client.send(GET);
    answers.add(new TextDecoder().decode((await client.response()).body));
  }
  return answers;
}
