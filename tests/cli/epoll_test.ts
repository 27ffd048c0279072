/** `io: "epoll"` of the program as its users run it; what other sockets do as well is tested with those. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { AUTHORITY, certificateFor } from "../support/certificates.ts";
import { deadPort } from "../support/dead_port.ts";
import { Program } from "../support/program.ts";
import { Dialogue } from "../support/raw_client.ts";
import { makeRunFolder } from "../support/run_folder.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { run, started } from "../support/started.ts";
import { Place } from "../support/takeover_place.ts";
import { pause } from "../support/timing.ts";
import { certificateFiles, TlsFolder } from "../support/tls_files.ts";

const EPOLL = { ENGINE: "tcp", IO: "epoll" };
const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
const ignore = Deno.build.os !== "linux";

for (const command of ["start", "check"]) {
  Deno.test({
    name:
      `epoll: ${command} without --allow-ffi names the place and the task that has it, status 2`,
    ignore,
    async fn() {
      const env = { USERS_SERVICE: "http://127.0.0.1:5999", ...EPOLL };
      assertEquals(await run([command], { env, task: "start" }), {
        status: 2,
        stdout: "",
        stderr:
          "Cannot start as IO must be deno without --allow-ffi, which the tasks start:epoll " +
          'and compile:epoll have: current value is "epoll"\n',
      });
      await using folder = new TlsFolder();
      const pools = { users: { backends: ["http://127.0.0.1:5999"] } };
      await folder.configure({ engine: "tcp", io: "epoll", pools });
      const { status, stderr } = await run([command, "--config", folder.config], { task: "start" });
      assertEquals(status, 2);
      assertMatch(
        stderr,
        /roundabout\.jsonc:3:9: error: io must be deno without --allow-ffi, which .*: found "epoll"/,
      );
    },
  });
}

Deno.test({
  name: "epoll: check is right with --allow-ffi",
  ignore,
  async fn() {
    const env = { USERS_SERVICE: "http://127.0.0.1:5999", ...EPOLL };
    const { status, stdout } = await run(["check"], { env });
    assertEquals(status, 0);
    assertMatch(stdout, /^IO=epoll$/m);
  },
});

Deno.test({
  name:
    "epoll: a Deno without what it needs ends the start with one sentence, status 1, also in a takeover",
  ignore,
  async fn() {
    await using backend = new ScriptedBackend("a");
    await using place = new Place({ USERS_SERVICE: backend.url, WORKERS: "2" });
    const script = new URL("../support/no_internals_program.ts", import.meta.url);
    const env = { ...place.settings, ...EPOLL };
    const sentence =
      `Cannot listen with io "epoll" as this version of Deno, ${Deno.version.deno}, ` +
      'lacks what it needs: set io to "deno"';
    const alone = await run(["start"], { env, script });
    assertEquals(alone.status, 1);
    assertMatch(alone.stderr, /^\S+ warn io is epoll/);
    assertEquals(alone.stderr.trimEnd().split("\n").slice(1), [sentence]);
    await place.start();
    const taking = await run(["start", "--takeover"], { env, script });
    assertEquals([taking.status, taking.stderr.trimEnd().split("\n").at(-1)], [1, sentence]);
    assertEquals(await (await fetch(place.url)).text(), "a");
  },
});

Deno.test({
  name: "epoll: deno task start:epoll serves by it, and says that Deno's sandbox is off",
  ignore,
  async fn() {
    await using backend = new ScriptedBackend("a");
    const env = {
      ...EPOLL,
      ...{ USERS_SERVICE: backend.url, HOST: "127.0.0.1", PORT: String(deadPort()) },
      ADMIN_PORT: "off",
    };
    await using program = new Program(["start:epoll"], { asTask: true, env });
    await program.shows(/ warn io is epoll, which needs native code: Deno's sandbox is off/);
    await program.shows(/ info listening on /);
    assertEquals(await (await fetch(`http://127.0.0.1:${env.PORT}`)).text(), "a");
    await program.killGroup("SIGTERM");
    assertEquals(await program.status(), 0);
  },
});

Deno.test({
  name: "epoll: a takeover goes from Deno's sockets to these, and back",
  ignore,
  async fn() {
    await using backend = new ScriptedBackend("a");
    await using place = new Place({ ENGINE: "tcp", USERS_SERVICE: backend.url, WORKERS: "2" });
    let running = await place.start();
    for (const IO of ["epoll", "deno"]) {
      const next = await place.start({ IO }, "--takeover");
      assertEquals(await running.status(), 0);
      running = next;
      for (let i = 0; i < 10; i++) {
        assertEquals(await askOn(() => Dialogue.open(place.port)), 200);
      }
    }
  },
});

/** Sends requests one after the other, each on a connection of its own, until it is told to end. */
function keepAsking(ask: () => Promise<number>) {
  const statuses: number[] = [];
  let isOver = false;
  const asking = (async () => {
    while (!isOver) statuses.push(await ask());
  })();
  return async () => {
    isOver = true;
    await asking;
    assert(statuses.length > 10, `${statuses.length} requests`);
    assertEquals(new Set(statuses), new Set([200]));
  };
}

async function askOn(open: () => Promise<Dialogue>): Promise<number> {
  using client = await open();
  await client.send(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  return (await client.response()).status;
}

Deno.test({
  name: "epoll: ports, unix sockets and TLS are served while reloads change listeners and backends",
  ignore,
  async fn() {
    await using a = new ScriptedBackend("a");
    await using b = new ScriptedBackend("b");
    await using folder = new TlsFolder();
    await folder.writeCertificate("site", await certificateFor(["localhost"]));
    const [http, https, added] = [deadPort(), deadPort(), deadPort()];
    const runFolder = makeRunFolder();
    const socket = runFolder === undefined ? `@${crypto.randomUUID()}` : `${runFolder}/front.sock`;
    const listeners = {
      http: { host: "127.0.0.1", port: http },
      https: {
        host: "127.0.0.1",
        port: https,
        tls: { certificates: [certificateFiles("site")] },
      },
      local: { unix: socket },
    };
    const configure = (backend: ScriptedBackend, more: object = {}) =>
      folder.configure({
        ...{ engine: "tcp", io: "epoll", workers: 2, watch: false, admin: "off" },
        listeners: { ...listeners, ...more },
        pools: { users: { backends: [backend.url] } },
      });
    await configure(a);
    await using program = new Program(["start", "--config", folder.config], {
      task: "start:epoll",
    });
    await program.shows(/listening on /);
    const path = socket.replace(/^@/, "\0");
    const caCerts = [AUTHORITY.cert];
    const asked = [
      () => Dialogue.open(http),
      async () => new Dialogue(await Deno.connect({ transport: "unix", path })),
      async () =>
        new Dialogue(await Deno.connectTls({ hostname: "localhost", port: https, caCerts })),
    ].map((open) => keepAsking(() => askOn(open)));
    const reload = async (number: number) => {
      program.kill("SIGHUP");
      await program.shows(new RegExp(`info configuration ${number}, by SIGHUP`));
    };
    const askAdded = () => askOn(() => Dialogue.open(added));

    await configure(a, { more: { host: "127.0.0.1", port: added } });
    await reload(2);
    for (let i = 0; i < 10; i++) assertEquals(await askAdded(), 200);
    await configure(b, { more: { host: "127.0.0.1", port: added } });
    await reload(3);
    const before = a.requests.length;
    for (let i = 0; i < 10; i++) assertEquals(await askAdded(), 200);
    assertEquals(a.requests.length, before);
    await configure(b);
    await reload(4);
    while (await askAdded().then(() => true, () => false)) await pause(50);
    for (const end of asked) await end();
    program.kill("SIGTERM");
    assertEquals(await program.status(), 0);
    assertMatch(program.stderr, /info stopped\n$/);
    if (runFolder !== undefined) await Deno.remove(runFolder, { recursive: true });
  },
});

Deno.test({
  name: "epoll: a worker that dies again and again leaves no descriptor behind",
  ignore,
  async fn() {
    await using backend = new ScriptedBackend("a");
    const script = new URL("../support/mortal_balancer.ts", import.meta.url);
    const { program, url } = await started(backend.url, { ...EPOLL, WORKERS: "2" }, script);
    await using _program = program;
    const port = Number(new URL(url).port);
    const pollers = countPollers(program.pid);
    const serve = async () => {
      const clients = await Promise.all(Array.from({ length: 20 }, () => Dialogue.open(port)));
      for (const client of clients) await client.send(GET);
      for (const client of clients) assertEquals((await client.response()).status, 200);
      return clients;
    };
    for (let death = 1; death <= 3; death++) {
      const clients = await serve(); // they stay connected, to either worker
      program.kill("SIGUSR2");
      await program.shows(new RegExp(`(worker 1 is started again[^]*){${death}}`));
      for (const client of clients) client[Symbol.dispose]();
      for (const client of await serve()) client[Symbol.dispose]();
    }
    while (socketsOn(port).some((state) => state !== "listening")) await pause(20);
    assertEquals(socketsOn(port), ["listening", "listening"]);
    while (countPollers(program.pid) > pollers) await pause(20);
  },
});

/** What the sockets of a port do that belong to a process, as tcp(7) numbers it. */
function socketsOn(port: number): string[] {
  const states: Readonly<Record<string, string>> = {
    "01": "open",
    "08": "open, and its peer is gone",
    "0A": "listening",
  };
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return Deno.readTextFileSync("/proc/net/tcp").trim().split("\n").slice(1).flatMap((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return local!.endsWith(suffix) ? states[state!] ?? [] : [];
  });
}

/** How many epoll instances a process has: each thread of Deno has one, and each of its workers another. */
function countPollers(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return [...Deno.readDirSync(folder)].filter(({ name }) => {
    try {
      return Deno.readLinkSync(`${folder}/${name}`) === "anon_inode:[eventpoll]";
    } catch {
      return false; // it was closed meanwhile
    }
  }).length;
}
