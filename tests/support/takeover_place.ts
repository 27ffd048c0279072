/** The settings that instances of a test share, one of which takes the place of another. */
import { assertEquals } from "@std/assert";
import { sampleStatus, startTestAdmin } from "./admin_port.ts";
import { Program } from "./program.ts";
import { deadPort } from "./dead_port.ts";

export class Place implements AsyncDisposable {
  readonly port = deadPort();
  readonly adminPort = deadPort();
  readonly #programs: Program[] = [];

  constructor(readonly env: Readonly<Record<string, string>> = {}) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get settings(): Record<string, string> {
    return {
      USERS_SERVICE: "http://127.0.0.1:5999",
      HOST: "127.0.0.1",
      PORT: String(this.port),
      ADMIN_PORT: String(this.adminPort),
      ...this.env,
    };
  }

  /** An instance that may not listen yet. */
  begin(env: Readonly<Record<string, string>> = {}, ...args: string[]): Program {
    const program = new Program(["start", ...args], { env: { ...this.settings, ...env } });
    this.#programs.push(program);
    return program;
  }

  /** An instance that listens. */
  async start(env?: Readonly<Record<string, string>>, ...args: string[]): Promise<Program> {
    const program = this.begin(env, ...args);
    await program.shows(/info listening on /);
    return program;
  }

  async status(): Promise<Record<string, unknown>> {
    return await (await fetch(`http://127.0.0.1:${this.adminPort}/api/status`)).json();
  }

  async change(path: string, body?: unknown): Promise<void> {
    const init = { method: "POST", ...(body !== undefined && { body: JSON.stringify(body) }) };
    const response = await fetch(`http://127.0.0.1:${this.adminPort}/api/${path}`, init);
    assertEquals(response.status, 200, await response.text());
  }

  /** What the backends of the only pool are like, by their URLs. */
  async backends(): Promise<Record<string, unknown>> {
    const { pools } = await this.status() as {
      pools: { backends: { id: string; state: string; weight: number }[] }[];
    };
    return Object.fromEntries(
      pools[0]!.backends.map(({ id, state, weight }) => [id, `${state} ${weight}`]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program[Symbol.asyncDispose]();
  }
}

/** Another program on the port: with reusePort it can be shared, as with an instance of ours. */
export function occupy(place: Place, reusePort: boolean): Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: place.port, reusePort });
  return { [Symbol.dispose]: () => listener.close() };
}

/** A stand-in for the admin port of the instance that runs. */
export function standIn(place: Place, more: Parameters<typeof startTestAdmin>[0] = {}) {
  const api = startTestAdmin({ port: place.adminPort, ...more });
  api.control.current = sampleStatus({
    listeners: [{ name: "http", address: `127.0.0.1:${place.port}`, certificates: [] }],
    pools: [],
  });
  return api;
}
