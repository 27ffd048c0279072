/** The admin port as a unix socket and with TLS, of the program as its users run it, and commands that ask it. */
import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import type { Status } from "../../lib/admin/status.ts";
import { issue, type Issued } from "../../lib/tls/issue.ts";
import { AUTHORITY, certificateFor, VALID } from "../support/certificates.ts";
import { Program } from "../support/program.ts";
import { canMakeRunFolder, makeRunFolder } from "../support/run_folder.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { run } from "../support/started.ts";
import { certificateFiles, TlsFolder } from "../support/tls_files.ts";

const TOKEN = "0123456789abcdef-all";

/** A configuration in a folder, and programs that run with it. */
class Site implements AsyncDisposable {
  readonly port = deadPort();
  readonly #programs: Program[] = [];

  /** @param path of its configuration */
  constructor(readonly backend: string, readonly path: string) {}

  write(admin: object): void {
    const file = {
      engine: "tcp",
      admin,
      listeners: { http: { host: "127.0.0.1", port: this.port } },
      pools: { users: { backends: [this.backend] } },
    };
    Deno.writeTextFileSync(this.path, JSON.stringify(file));
  }

  begin(...args: string[]): Program {
    const program = new Program(["start", "--config", this.path, ...args]);
    this.#programs.push(program);
    return program;
  }

  async start(...args: string[]): Promise<Program> {
    const program = this.begin(...args);
    await program.shows(/info listening on 127/);
    return program;
  }

  /** Runs a command that finds the balancer by its settings. */
  ask(...args: string[]) {
    return run([...args, "--config", this.path]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program[Symbol.asyncDispose]();
  }
}

function onSocket(
  name: string,
  fn: (site: Site, folder: string, backend: ScriptedBackend) => Promise<void>,
): void {
  Deno.test({
    name: `admin on a unix socket: ${name}`,
    ignore: !canMakeRunFolder(),
    async fn() {
      const folder = makeRunFolder()!;
      try {
        await using backend = new ScriptedBackend("a");
        await using site = new Site(backend.url, `${folder}/roundabout.jsonc`);
        await fn(site, folder, backend);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

onSocket(
  "commands find it by the settings or by --admin, and it is gone at the end",
  async (site, folder, backend) => {
    const unix = `${folder}/admin.sock`;
    site.write({ unix });
    const program = await site.start();
    assertStringIncludes(program.stderr, `, admin on unix:${unix}, `);
    assertEquals((await Deno.lstat(unix)).mode! & 0o777, 0o600, "whoever connects is the operator");
    assertMatch((await site.ask("status")).stdout, /^pool users, round_robin$/m);
    const named = await run(["drain", "users", backend.url, "--admin", `unix:${unix}`]);
    assertMatch(named.stdout, /draining/);
    assertMatch((await site.ask("ready", "users", backend.url)).stdout, /ready/);
    assertEquals((await site.ask("reload")).status, 0);
    for (const flags of [[], ["--ready"]]) {
      const { status, stderr } = await site.ask("healthcheck", ...flags);
      assertEquals([status, stderr], [0, ""]);
    }
    program.kill("SIGTERM");
    assertEquals(await program.status(), 0);
    const left = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    assertEquals(left, ["roundabout.jsonc"]);
    const nobody = await site.ask("status");
    assertEquals(
      [nobody.status, nobody.stderr],
      [
        1,
        `Cannot show the status as nothing answers on unix:${unix}: is a balancer running, and is this its admin port?\n`,
      ],
    );
    assertStringIncludes(
      (await site.ask("healthcheck")).stderr,
      `not healthy: nothing answers on unix:${unix}`,
    );
  },
);

onSocket(
  "an abstract one is refused, as commands could not ask there",
  async (site) => {
    site.write({ unix: "@admin" });
    const { status, stderr } = await site.ask("check");
    assertEquals(status, 2);
    assertStringIncludes(stderr, "admin.unix must be a path: commands open no abstract sockets");
  },
);

onSocket(
  "a token is asked for if one is set, and the mode is as it is set",
  async (site, folder) => {
    const unix = `${folder}/admin.sock`;
    site.write({ unix, mode: "0660", token: TOKEN });
    await site.start();
    assertEquals((await Deno.lstat(unix)).mode! & 0o777, 0o660);
    assertEquals((await site.ask("status")).status, 0);
    const { status, stderr } = await run(["status", "--admin", `unix:${unix}`]);
    assertEquals([status, /asks for a token/.test(stderr)], [1, true]);
  },
);

onSocket(
  "what a crash has left is replaced, and another instance's is not",
  async (site, folder) => {
    const unix = `${folder}/admin.sock`;
    site.write({ unix });
    const first = await site.start();
    first.kill("SIGKILL");
    await first.status();
    assertEquals((await Deno.lstat(unix)).isSocket, true);
    await site.start();
    const second = site.begin();
    assertEquals(await second.status(), 1);
    assertMatch(
      second.stderr,
      /Cannot listen on unix:\S+ for the admin port as another program listens there: set another path/,
    );
    assertEquals((await site.ask("status")).status, 0);
  },
);

onSocket("a takeover asks for the stop through it, and then has it", async (site, folder) => {
  site.write({ unix: `${folder}/admin.sock` });
  const first = await site.start();
  const second = await site.start("--takeover");
  assertMatch(
    second.stderr,
    /--takeover: taking the place of the instance on unix:\S+admin\.sock, /,
  );
  assertEquals(await first.status(), 0);
  const before = (await site.ask("status")).stdout;
  await site.start("--takeover");
  assertEquals(await second.status(), 0);
  assertMatch(before, /: ready$/m);
  assertMatch((await site.ask("status")).stdout, /: ready$/m);
});

onSocket(
  "another place, another mode and TLS are refused until a restart",
  async (site, folder) => {
    const unix = `${folder}/admin.sock`;
    site.write({ unix });
    await site.start();
    site.write({ port: 5001 });
    assertMatch(
      (await run(["reload", "--admin", `unix:${unix}`])).stderr,
      /admin\.port must stay "unix:\S+" until a restart: new value is 5001/,
    );
    site.write({ unix, mode: "0666" });
    assertMatch(
      (await site.ask("reload")).stderr,
      /admin\.mode must stay "0600" until a restart: new value is "0666"/,
    );
  },
);

/** @param certificate that the admin port has */
async function overTls(
  certificate: Pick<Issued, "cert" | "key">,
  fn: (site: Site, folder: TlsFolder, origin: string) => Promise<void>,
): Promise<void> {
  await using folder = new TlsFolder();
  await using backend = new ScriptedBackend("a");
  await using site = new Site(backend.url, folder.config);
  const port = deadPort();
  await folder.writeCertificate("admin", certificate);
  site.write({ port, tls: { certificates: [certificateFiles("admin")] } });
  await fn(site, folder, `https://127.0.0.1:${port}`);
}

/** A certificate that signs itself. */
function selfMade(...names: string[]): Promise<Issued> {
  return issue({ ...VALID, names });
}

Deno.test("admin over TLS: commands trust the certificate that the settings name, whatever its names, and no other", async () => {
  await overTls(await selfMade("edge.example"), async (site, folder, origin) => {
    await site.start();
    const { status, stderr } = await site.ask("status");
    assertEquals([status, stderr], [0, ""]);
    assertEquals((await site.ask("healthcheck", "--ready")).status, 0);
    const unknown = await run(["status", "--admin", origin]);
    assertEquals([unknown.status, unknown.stdout], [1, ""]);
    assertMatch(unknown.stderr, /its certificate is not accepted: .*--admin-ca FILE/);
    // It is for edge.example, and the address is 127.0.0.1.
    const named = await run([
      "status",
      "--admin",
      origin,
      "--admin-ca",
      `${folder.path}/admin.pem`,
    ]);
    assertMatch(
      named.stderr,
      /its certificate is not accepted: .*: --admin must have a name or address of it$/m,
    );
    await Deno.writeTextFile(folder.config, "{");
    assertMatch((await run(["status", "--admin", origin])).stderr, /not accepted/);
  });
});

/** What the status says of its own port's certificate. @param flags that lead to it */
async function ownCertificate(...flags: string[]) {
  const { stdout } = await run(["status", "--json", ...flags]);
  return (JSON.parse(stdout) as Status).admin.certificates[0];
}

Deno.test("admin over TLS: --admin-ca names the authority; a certificate that a reload changes is served, and its end is told", async () => {
  await overTls(await certificateFor(["127.0.0.1"]), async (site, folder, origin) => {
    const program = await site.start();
    assertMatch(program.stderr, /warn .*admin\.tls\.certificates\[0\]\.cert .*expires in/);
    await folder.write("ca.pem", AUTHORITY.cert);
    const flags = ["--admin", origin, "--admin-ca", `${folder.path}/ca.pem`];
    const status = () => run(["status", ...flags]);
    assertEquals((await status()).status, 0);
    const before = await ownCertificate(...flags);
    assertEquals([before?.names, before?.issuer], [["127.0.0.1"], "Test CA"]);
    await folder.writeCertificate("admin", await selfMade("127.0.0.1"));
    await program.shows(
      /configuration 2, by a changed file: admin: certificate of 127\.0\.0\.1 changed/,
    );
    assertMatch((await status()).stderr, /not accepted/);
    const after = await ownCertificate("--config", site.path);
    assertEquals(after?.issuer, "127.0.0.1");
    assertNotEquals(after?.fingerprint, before?.fingerprint);
    assertEquals((await site.ask("status")).status, 0);
    await site.start("--takeover");
    assertEquals(await program.status(), 0);
    assertEquals((await site.ask("status")).status, 0);
  });
});

for (
  const [args, problem] of [
    [["--admin-ca", "x"], '--admin-ca must name a readable file: current value is "x"'],
    [["--admin", "unix:run/a"], "--admin must be the path of a unix socket such as /run/app.sock"],
    [
      ["--admin", "unix:@admin"],
      '--admin must be a path: commands open no abstract sockets: current value is "unix:@admin"\n',
    ],
    [
      ["--admin", "unix:/tmp/a"],
      "--admin must be below /run or /var/lib/roundabout: this program may open no other sockets",
    ],
    [
      ["--admin", "http://a:1", "--admin-ca", "/etc/hostname"],
      "--admin-ca must name a file with a certificate in PEM",
    ],
  ] as const
) {
  Deno.test(`commands: ${args.join(" ")} is exit status 2`, async () => {
    const { status, stdout, stderr } = await run(["status", ...args]);
    assertEquals([status, stdout], [2, ""]);
    assertStringIncludes(stderr, `Cannot ask the balancer as ${problem}`);
  });
}
