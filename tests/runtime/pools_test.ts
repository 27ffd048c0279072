/** Several pools and listeners of a configuration file, served by the program with several workers. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Program } from "../support/program.ts";
import { Dialogue, request } from "../support/raw_client.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { latin1 } from "../support/strict_parser.ts";
import { pause } from "../support/timing.ts";

const ENGINES = ["web", "tcp"] as const;

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`;

/** The program with this configuration file and two workers, listening. */
async function startWith(file: Readonly<Record<string, unknown>>, script?: URL): Promise<Program> {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/balancer.jsonc`, `// a test\n${JSON.stringify(file)}`);
  const program = new Program(["start", "--config", `${folder}/balancer.jsonc`], {
    env: { WORKERS: "2", CONFIG: `${folder}/balancer.jsonc` },
    ...(script !== undefined && { script }),
  });
  await program.shows(/listening on /);
  return program;
}

/** What all files of these tests have. */
const common = (engine: string, ...ports: readonly number[]) => ({
  engine,
  admin: "off",
  listeners: Object.fromEntries(
    ports.map((port, index) => [`listener-${index}`, { host: "127.0.0.1", port }]),
  ),
});

async function stop(program: Program): Promise<void> {
  program.kill("SIGTERM");
  assertEquals(await program.status(), 0);
}

for (const engine of ENGINES) {
  Deno.test(`pools: ${engine} engine: two workers send what comes in at two listeners where it should go`, async () => {
    await using users = new ScriptedBackend("users");
    await using search = new ScriptedBackend("search");
    const [first, second] = [deadPort(), deadPort()];
    await using program = await startWith({
      ...common(engine, first, second),
      pools: { users: { backends: [users.url] }, search: { backends: [search.url] } },
      routes: [
        { name: "users", match: { pathPrefix: "/users" }, stripPrefix: true, pool: "users" },
        { name: "inner", match: { listener: "listener-1" }, respond: { status: 200, body: "in" } },
        { name: "rest", pool: "search" },
      ],
    });
    const [line = ""] = program.stderr.split("\n").filter((line) => line.includes("listening on "));
    assertMatch(
      line,
      new RegExp(`listening on 127\\.0\\.0\\.1:${first} and 127\\.0\\.0\\.1:${second}`),
    );
    assertMatch(line, /workers: 2, .*users: round_robin over .*; search: round_robin over /);
    for (let i = 0; i < 20; i++) { // each on a new connection, so that both workers get some
      for (
        const [port, path, name] of [
          [first, "/users/7", "users"],
          [second, "/users/8", "users"],
          [first, "/find", "search"],
          [second, "/find", "in"],
        ] as const
      ) {
        const response = await request(port, get(path));
        assertEquals([response.status, latin1(response.body)], [200, name]);
      }
    }
    assertEquals(new Set(users.requests.map(({ target }) => target)), new Set(["/7", "/8"]));
    assertEquals(new Set(search.requests.map(({ target }) => target)), new Set(["/find"]));
    await stop(program);
    const lines = program.stdout.trimEnd().split("\n");
    assertEquals(lines.length, 80);
    assertEquals(
      lines.filter((line) => line.includes("its route responds") && line.includes("route=inner"))
        .length,
      20,
    );
  });

  Deno.test(`pools: ${engine} engine: a line about a backend names its pool, and each pool has its own state`, async () => {
    await using shared = new ScriptedBackend(
      "shared",
      ({ target }) => target === "/bad" ? "close" : "serve",
    );
    await using spare = new ScriptedBackend("spare");
    const port = deadPort();
    await using program = await startWith({
      ...common(engine, port),
      defaults: { ejection: { after: 2 }, retry: { budget: "off" } },
      pools: { good: { backends: [shared.url] }, bad: { backends: [shared.url, spare.url] } },
      routes: [{ match: { path: "/bad" }, pool: "bad" }, { pool: "good" }],
    });
    for (let i = 0; i < 20; i++) {
      assertEquals((await request(port, get("/bad"))).status, 200);
      assertEquals((await request(port, get("/good"))).status, 200);
    }
    const { host } = new URL(shared.url);
    await program.shows(new RegExp(`pool bad: .*${host}.* is ejected`));
    // An attempt on an idle connection that turns out to be closed is made again on a new one.
    const bad = shared.requests.filter(({ target }) => target === "/bad").length;
    assert(bad >= 2 && bad <= 4, `${bad}`);
    assertEquals(shared.requests.filter(({ target }) => target === "/good").length, 20);
    await stop(program);
    assert(!program.stderr.includes("pool good:"), program.stderr);
  });

  Deno.test(`pools: ${engine} engine: with one pool, lines about a backend do not name it`, async () => {
    const port = deadPort();
    const dead = `http://127.0.0.1:${deadPort()}`;
    await using program = await startWith({
      ...common(engine, port),
      pools: { users: { backends: [dead] } },
    });
    assertEquals((await request(port, get("/"))).status, 503);
    await program.shows(/ fails: connection_refused/);
    await stop(program);
    assert(!program.stderr.includes("pool users"), program.stderr);
  });

  Deno.test(`pools: ${engine} engine: the requests in flight of a worker that dies are taken back in all pools`, async () => {
    const CAPACITY = 20;
    const release = Promise.withResolvers<void>();
    const arrived = { one: 0, two: 0 };
    const holding = (pool: keyof typeof arrived) =>
      new RawBackend(async (side) => {
        while (await side.until("\r\n\r\n")) {
          side.received = "";
          arrived[pool]++;
          await release.promise;
          await side.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
      });
    await using one = holding("one");
    await using two = holding("two");
    const port = deadPort();
    const limits = { backendInFlight: CAPACITY };
    await using program = await startWith({
      ...common(engine, port),
      pools: { one: { backends: [one.url], limits }, two: { backends: [two.url], limits } },
      routes: [{ match: { path: "/one" }, pool: "one" }, { pool: "two" }],
    }, new URL("../support/mortal_balancer.ts", import.meta.url));

    /** Sends more requests than there is room for. @returns how many found room */
    async function fill(pool: keyof typeof arrived): Promise<number> {
      const before = arrived[pool];
      let refused = 0;
      for (let i = 0; i < CAPACITY + 5; i++) {
        const client = await Dialogue.open(port);
        clients.push(client);
        await client.send(get(`/${pool}`));
        client.response().then(({ status }) => status === 503 && refused++, () => {});
      }
      while (arrived[pool] - before + refused < CAPACITY + 5) await pause(5);
      return arrived[pool] - before;
    }

    const clients: Dialogue[] = [];
    assertEquals([await fill("one"), await fill("two")], [CAPACITY, CAPACITY]);
    program.kill("SIGUSR2");
    const [, lost] = await program.shows(/worker 1 died, requests lost with it: (\d+): /);
    await program.shows(/worker 1 is started again/);
    const room = [await fill("one"), await fill("two")];
    assertEquals(room[0]! + room[1]!, Number(lost));
    assert(room.every((count) => count > 0 && count < CAPACITY), `${room}`);
    release.resolve();
    for (const client of clients) client[Symbol.dispose]();
    await stop(program);
  });
}

Deno.test("pools: of many pools the start says only how many there are", async () => {
  const backends = [`http://127.0.0.1:${deadPort()}`];
  const names = ["a", "b", "c", "d", "e", "f"];
  await using program = await startWith({
    ...common("tcp", deadPort()),
    pools: Object.fromEntries(names.map((name) => [name, { backends }])),
    routes: names.map((name) => ({ match: { pathPrefix: `/${name}` }, pool: name })),
  });
  assertMatch(program.stderr, /tcp engine, 6 pools with 6 backends\n/);
  await stop(program);
});
