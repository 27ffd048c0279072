/** Reloads of the whole program: by signal, by the admin port, with several workers. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Program } from "../support/program.ts";
import { Dialogue } from "../support/raw_client.ts";
import { deadPort, ScriptedBackend } from "../support/scripted_backend.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

/** A balancer with a configuration file that can be written again. */
class Reloadable implements AsyncDisposable {
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

const users = (...backends: readonly ScriptedBackend[]) => ({
  pools: { users: { backends: backends.map(({ url }) => url) } },
});

async function ask(url: string): Promise<string> {
  return await (await fetch(url)).text();
}

/** Which of the workers' answers come, over connections of their own. */
async function answersOf(balancer: Reloadable, count = 12): Promise<Set<string>> {
  const answers = new Set<string>();
  for (let i = 0; i < count; i++) {
    using client = await Dialogue.open(balancer.port);
    await client.send(GET);
    answers.add(new TextDecoder().decode((await client.response()).body));
  }
  return answers;
}

Deno.test("reload: SIGHUP puts the file in force for all workers, and the log says what has changed", async () => {
  await using a = new ScriptedBackend("a");
  await using b = new ScriptedBackend("b");
  await using balancer = new Reloadable();
  await balancer.start(users(a));
  assertEquals(await answersOf(balancer), new Set(["a"]));
  balancer.write(users(b));
  balancer.program.kill("SIGHUP");
  await balancer.program.shows(
    new RegExp(`info configuration 2, by SIGHUP: pool users: \\+ ${b.url}, - ${a.url}`),
  );
  assertEquals(await answersOf(balancer), new Set(["b"]));
  balancer.program.kill("SIGHUP");
  await balancer.program.shows(/configuration 2 stays: nothing has changed/);
});

Deno.test("reload: a bad file is refused with the errors of check, and the next good one is taken", async () => {
  await using a = new ScriptedBackend("a");
  await using b = new ScriptedBackend("b");
  await using balancer = new Reloadable();
  await balancer.start(users(a));
  balancer.write({ ...users(b), limitz: {} });
  const { status, json } = await balancer.admin("POST", "/api/reload");
  assertEquals(status, 422);
  const { problems } = json as { problems: string[] };
  assertEquals(problems.length, 1);
  assertMatch(problems[0]!, /balancer\.jsonc:\d+:\d+: error: limitz is no setting/);
  await balancer.program.shows(
    /error Cannot reload by the admin port: configuration 1 stays, problems: 1/,
  );
  await balancer.program.shows(/error .*limitz is no setting/);
  assertEquals(await answersOf(balancer), new Set(["a"]));
  balancer.write(users(b));
  const next = await balancer.admin("POST", "/api/reload");
  assertEquals([next.status, (next.json as { number: number }).number], [200, 2]);
  assertEquals(await answersOf(balancer), new Set(["b"]));
});

for (
  const [what, broken, expected] of [
    ["is half written", '{ "pools": { "users": { "backends": ["http://a:5', /balancer\.jsonc:1:/],
    ["is empty", "", /balancer\.jsonc/],
    ["has a test that fails", {
      routes: [{ name: "all", respond: { status: 200 } }],
      pools: { users: { backends: ["http://127.0.0.1:81"] } },
      tests: [{ request: "GET http://a/", expect: { route: "other" } }],
    }, /must be "other"/],
    [
      "changes the engine",
      { engine: "web", pools: { users: { backends: ["http://a:81"] } } },
      /engine/,
    ],
    ["changes the number of workers", {
      workers: 3,
      pools: { users: { backends: ["http://a:81"] } },
    }, /workers/],
    [
      "changes the admin port",
      { admin: "off", pools: { users: { backends: ["http://a:81"] } } },
      /admin/,
    ],
  ] as const
) {
  Deno.test(`reload: a file that ${what} is refused whole`, async () => {
    await using a = new ScriptedBackend("a");
    await using balancer = new Reloadable();
    await balancer.start(users(a));
    balancer.write(broken);
    const { status, json } = await balancer.admin("POST", "/api/reload");
    const { problems } = json as { problems: string[] };
    assertEquals(status, 422);
    assertMatch(problems.join("\n"), expected);
    assertEquals(await ask(balancer.url), "a");
  });
}

Deno.test("reload: a file that is gone, a directory or a loop of links is refused, and the balancer goes on", async () => {
  await using a = new ScriptedBackend("a");
  await using balancer = new Reloadable();
  await balancer.start(users(a));
  const other = `${balancer.path}.other`;
  for (
    const [spoil, expected] of [
      [() => Deno.removeSync(balancer.path), /readable file/],
      [() => Deno.mkdirSync(balancer.path), /directory/],
      [() => {
        Deno.removeSync(balancer.path);
        Deno.symlinkSync(other, balancer.path);
        Deno.symlinkSync(balancer.path, other);
      }, /readable file/],
    ] as const
  ) {
    spoil();
    const { status, json } = await balancer.admin("POST", "/api/reload");
    assertEquals(status, 422);
    assertMatch((json as { problems: string[] }).problems.join(), expected);
  }
  assertEquals(await ask(balancer.url), "a");
  await Deno.remove(balancer.path);
  balancer.write({ ...users(a), timeouts: { drain: "5s" } });
  assertEquals((await balancer.admin("POST", "/api/reload")).status, 200);
});

Deno.test("reload: an address that is taken refuses the whole reload, and the next one takes it when it is free", async () => {
  await using a = new ScriptedBackend("a");
  await using b = new ScriptedBackend("b");
  await using balancer = new Reloadable();
  await balancer.start(users(a));
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const file = {
    ...users(b),
    listeners: {
      http: { host: "127.0.0.1", port: balancer.port },
      more: { host: "127.0.0.1", port },
    },
  };
  balancer.write(file);
  const { status, json } = await balancer.admin("POST", "/api/reload");
  assertEquals(status, 422);
  assertMatch(JSON.stringify(json), /the address is in use/);
  assertEquals(await answersOf(balancer), new Set(["a"]));
  taken.close();
  assertEquals((await balancer.admin("POST", "/api/reload")).status, 200);
  assertEquals(await ask(`http://127.0.0.1:${port}`), "b");
  balancer.write(users(b));
  assertEquals((await balancer.admin("POST", "/api/reload")).status, 200);
  let refused = false;
  while (!refused) {
    refused = await Deno.connect({ hostname: "127.0.0.1", port }).then(
      (connection) => (connection.close(), false),
      (error) => error instanceof Deno.errors.ConnectionRefused,
    );
  }
});

Deno.test("reload: files can be watched from now on although the working directory is gone", async () => {
  await using a = new ScriptedBackend("a");
  await using balancer = new Reloadable();
  const cwd = await Deno.makeTempDir();
  await balancer.start(users(a), undefined, cwd);
  await Deno.remove(cwd);
  balancer.write({ ...users(a), watch: true });
  assertEquals((await balancer.admin("POST", "/api/reload")).status, 200);
  balancer.write({ ...users(a), watch: true, timeouts: { drain: "5s" } });
  await balancer.program.shows(/configuration 3, by a changed file: .*drain/);
  assertEquals(await ask(balancer.url), "a");
});

Deno.test("reload: a worker that dies comes back with the newest configuration", async () => {
  await using a = new ScriptedBackend("a");
  await using b = new ScriptedBackend("b");
  await using balancer = new Reloadable();
  const script = new URL("../support/mortal_balancer.ts", import.meta.url);
  await balancer.start(users(a), script);
  balancer.write(users(b));
  balancer.program.kill("SIGHUP");
  await balancer.program.shows(/configuration 2, by SIGHUP/);
  balancer.program.kill("SIGUSR2");
  await balancer.program.shows(/worker 1 is started again/);
  assertEquals(await answersOf(balancer, 20), new Set(["b"]));
});

Deno.test("reload: many that are asked for at once are few, and the last file is in force", async () => {
  await using a = new ScriptedBackend("a");
  await using b = new ScriptedBackend("b");
  await using balancer = new Reloadable();
  await balancer.start(users(a));
  const asked: Promise<{ status: number; json: unknown }>[] = [];
  for (let i = 0; i < 20; i++) {
    balancer.write({ ...users(i % 2 === 0 ? b : a), timeouts: { drain: `${10 + i}s` } });
    asked.push(balancer.admin("POST", "/api/reload"));
  }
  const answers = await Promise.all(asked);
  // The port does ten changes at a time, and turns more away.
  const numbers = answers.filter(({ status }) => status === 200)
    .map(({ json }) => (json as { number: number }).number);
  assert(numbers.length >= 10);
  assert(Math.max(...numbers) <= 4, `${numbers}`);
  assertEquals(await answersOf(balancer), new Set(["a"]));
});

Deno.test("reload: a drain by hand lasts through it, and a weight set by hand until the file has another one", async () => {
  await using a = new ScriptedBackend("a");
  await using b = new ScriptedBackend("b");
  await using c = new ScriptedBackend("c");
  await using balancer = new Reloadable();
  const path = ({ url }: ScriptedBackend) => `/api/pools/users/backends/${encodeURIComponent(url)}`;
  const stateOf = async (backend: ScriptedBackend) => {
    const { json } = await balancer.admin("GET", path(backend));
    const { state, weight, setByHand } = json as Record<string, unknown>;
    return [state, weight, setByHand];
  };
  await balancer.start(users(a, b, c));
  assertEquals((await balancer.admin("POST", `${path(a)}/drain`)).status, 200);
  const weighed = await fetch(`http://127.0.0.1:${balancer.adminPort}${path(b)}/weight`, {
    method: "POST",
    body: '{"weight":0}',
  });
  assertEquals(await weighed.json(), {
    pool: "users",
    backend: b.url,
    inFlight: 0,
    draining: false,
    weight: 0,
  });
  assertEquals(await answersOf(balancer), new Set(["c"]));
  balancer.write({ ...users(a, b, c), timeouts: { drain: "5s" } });
  assertEquals((await balancer.admin("POST", "/api/reload")).status, 200);
  assertEquals(await answersOf(balancer), new Set(["c"]));
  assertEquals(await stateOf(a), ["draining", 1, true]);
  assertEquals(await stateOf(b), ["in use", 0, true]);
  const backends = [a.url, { url: b.url, weight: 2 }, c.url];
  balancer.write({ pools: { users: { backends } } });
  assertEquals((await balancer.admin("POST", "/api/reload")).status, 200);
  assertEquals(await stateOf(b), ["in use", 2, false]);
  assertEquals((await balancer.admin("POST", `${path(a)}/ready`)).status, 200);
  assertEquals(await answersOf(balancer), new Set(["a", "b", "c"]));
});
