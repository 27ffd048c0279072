/** Unix sockets of the program as its users run it: with the permissions of its tasks, below /run. */
import { assertEquals, assertMatch } from "@std/assert";
import { Program } from "../support/program.ts";
import { Dialogue } from "../support/raw_client.ts";
import { canMakeRunFolder, makeRunFolder } from "../support/run_folder.ts";
import { deadPort } from "../support/dead_port.ts";
import { PROGRAM_ENGINES } from "../support/program_engines.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";

/** What a test has: a folder, a configuration file in it, and programs that run with it. */
class Site implements AsyncDisposable {
  readonly adminPort = deadPort();
  readonly #programs: Program[] = [];

  /** @param env which engine it runs with */
  constructor(readonly folder: string, readonly env: Readonly<Record<string, string>>) {}

  get socket(): string {
    return `${this.folder}/front.sock`;
  }

  get files(): string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name).sort();
  }

  write(backend: string, listener: object = {}): void {
    const file = {
      workers: 2,
      admin: { port: this.adminPort },
      listeners: { local: { unix: this.socket, mode: "0600", ...listener } },
      pools: { users: { backends: [backend] } },
    };
    Deno.writeTextFileSync(`${this.folder}/roundabout.jsonc`, JSON.stringify(file));
  }

  begin(...args: string[]): Program {
    const config = `${this.folder}/roundabout.jsonc`;
    const program = new Program(["start", "--config", config, ...args], { env: this.env });
    this.#programs.push(program);
    return program;
  }

  async start(...args: string[]): Promise<Program> {
    const program = this.begin(...args);
    await program.shows(/info listening on unix:/);
    return program;
  }

  async ask(): Promise<number> {
    using client = new Dialogue(await Deno.connect({ transport: "unix", path: this.socket }));
    await client.send(GET);
    return (await client.response()).status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program[Symbol.asyncDispose]();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

for (const { name: engine, env } of PROGRAM_ENGINES) {
  const test = (name: string, fn: (site: Site, backend: ScriptedBackend) => Promise<void>) =>
    Deno.test({
      name: `unix listeners: ${engine}: ${name}`,
      ignore: !canMakeRunFolder(),
      async fn() {
        await using backend = new ScriptedBackend("a");
        await using site = new Site(makeRunFolder()!, env);
        site.write(backend.url);
        await fn(site, backend);
      },
    });

  test("it serves with several workers, is shown by the status, and is gone at the end", async (site) => {
    const program = await site.start();
    for (let count = 0; count < 5; count++) assertEquals(await site.ask(), 200);
    const status = await (await fetch(`http://127.0.0.1:${site.adminPort}/api/status`)).json();
    const address = `unix:${site.socket}`;
    assertEquals(status.listeners, [{ name: "local", address, certificates: [] }]);
    program.kill("SIGTERM");
    assertEquals(await program.status(), 0);
    assertEquals(site.files, ["roundabout.jsonc"]);
  });

  test("after a crash the file that is left is replaced; beside one that runs it is refused", async (site) => {
    const first = await site.start();
    first.kill("SIGKILL");
    await first.status();
    assertEquals(site.files, ["front.sock", "roundabout.jsonc"]);
    await site.start();
    assertEquals(await site.ask(), 200);
    const config = await Deno.readTextFile(`${site.folder}/roundabout.jsonc`);
    const other = config.replace(String(site.adminPort), String(deadPort()));
    await Deno.writeTextFile(`${site.folder}/roundabout.jsonc`, other);
    const second = site.begin();
    assertEquals(await second.status() === 0, false);
    assertMatch(
      second.stderr,
      /Cannot listen on unix:\S+ for requests as another program listens there: set another path/,
    );
    assertEquals(await site.ask(), 200);
  });

  test("a takeover loses no connection, and the file stays", async (site) => {
    const first = await site.start();
    let isOver = false;
    const asking = (async () => {
      let count = 0;
      for (; !isOver; count++) assertEquals(await site.ask(), 200);
      return count;
    })();
    await site.start("--takeover");
    assertEquals(await first.status(), 0);
    assertEquals(await site.ask(), 200);
    isOver = true;
    await asking;
    assertEquals(site.files, ["front.sock", "roundabout.jsonc"]);
  });

  test("another file in its place is left alone", async (site) => {
    await Deno.writeTextFile(site.socket, "precious");
    const program = site.begin();
    assertEquals(await program.status() === 0, false);
    assertMatch(program.stderr, /as another file is there: remove it, or set another path/i);
    assertEquals(await Deno.readTextFile(site.socket), "precious");
  });

  test("a reload changes its mode and its path", async (site, backend) => {
    const program = await site.start();
    assertEquals((await Deno.lstat(site.socket)).mode! & 0o777, 0o600);
    site.write(backend.url, { mode: "0666" });
    program.kill("SIGHUP");
    await program.shows(/configuration 2/);
    assertEquals((await Deno.lstat(site.socket)).mode! & 0o777, 0o666);
    assertEquals(await site.ask(), 200);
    site.write(backend.url, { unix: `${site.folder}/other.sock` });
    program.kill("SIGHUP");
    await program.shows(/configuration 3/);
    using client = new Dialogue(
      await Deno.connect({ transport: "unix", path: `${site.folder}/other.sock` }),
    );
    await client.send(GET);
    assertEquals((await client.response()).status, 200);
    program.kill("SIGTERM");
    assertEquals(await program.status(), 0);
    assertEquals(site.files, ["roundabout.jsonc"]);
  });

  test("a backend below /run can be connected to with the program's own permissions", async (site) => {
    const path = `${site.folder}/app.sock`;
    await using _app = Deno.serve({ path, onListen() {} }, () => new Response("app"));
    site.write(`unix:${path}`);
    await site.start();
    assertEquals(await site.ask(), 200);
  });
}
