/** ACME of the program as its users run it: with the permissions of its task, workers, and a store below /run. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Status } from "../../lib/admin/status.ts";
import { FakeAcmeServer } from "../support/fake_acme_server.ts";
import { Program } from "../support/program.ts";
import { request } from "../support/raw_client.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

/** A folder below /run; undefined if there is none that can be written. */
function makeFolder(): string | undefined {
  for (const dir of ["/run", Deno.env.get("XDG_RUNTIME_DIR")]) {
    try {
      if (dir?.startsWith("/run")) return Deno.makeTempDirSync({ dir });
    } catch {
      continue; // it is somebody else's
    }
  }
  return undefined;
}

const folder = makeFolder();
if (folder !== undefined) Deno.removeSync(folder);

class Site implements AsyncDisposable {
  readonly folder = makeFolder()!;
  readonly http = deadPort();
  readonly https = deadPort();
  readonly admin = deadPort();
  #server: FakeAcmeServer | undefined;

  static async start(): Promise<Site> {
    const site = new Site();
    site.#server = await FakeAcmeServer.start({
      now: Date.now,
      // As an authority asks: at the plain listener.
      async answerTo(token) {
        const path = `/.well-known/acme-challenge/${token}`;
        const response = await fetch(`http://127.0.0.1:${site.http}${path}`, {
          redirect: "manual",
        });
        const text = await response.text();
        return response.ok ? text : undefined;
      },
    });
    return site;
  }

  get server(): FakeAcmeServer {
    return this.#server!;
  }

  write(backend: string, acme?: object): string {
    const path = `${this.folder}/roundabout.json`;
    const plain = { host: "127.0.0.1", port: this.http, redirectToHttps: acme !== undefined };
    const secure = acme && { host: "127.0.0.1", port: this.https, tls: { acme } };
    Deno.writeTextFileSync(
      path,
      JSON.stringify({
        engine: "tcp",
        workers: 2,
        watch: false,
        admin: { port: this.admin },
        listeners: { plain, ...(secure && { secure }) },
        pools: { users: { backends: [backend] } },
      }),
    );
    return path;
  }

  get acme() {
    return {
      domains: ["localhost"],
      directory: this.server.directory,
      store: `${this.folder}/acme`,
    };
  }

  async status(): Promise<Status> {
    return await (await fetch(`http://127.0.0.1:${this.admin}/api/status`)).json();
  }

  /** Whether a client that trusts the authority gets a response, on a new connection. */
  async isServed(): Promise<boolean> {
    using client = Deno.createHttpClient({ caCerts: [this.server.authority.cert] });
    try {
      return await (await fetch(`https://localhost:${this.https}/`, { client })).text() === "a";
    } catch {
      return false; // a certificate that it does not trust
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test({
  name:
    "acme: two workers serve a self-made certificate, then the authority's, after a restart at once, and none after a reload without",
  ignore: folder === undefined,
  async fn() {
    await using backend = new ScriptedBackend("a");
    await using site = await Site.start();
    site.server.fail(
      "newOrder",
      new Response(null, { status: 503, headers: { "retry-after": "1" } }),
    );
    const path = site.write(backend.url, site.acme);
    {
      await using program = new Program(["start", "--config", path]);
      await program.shows(/listening on .*http/s);
      await program.shows(/warn Cannot get a certificate for localhost .* status 503/);
      assertStringIncludes(program.stderr, "a self-made certificate is served for localhost");
      assertEquals(await site.isServed(), false);
      const { acme: [failed], listeners } = await site.status();
      assertEquals([failed!.listeners, failed!.notAfter], [["secure"], null]);
      assertStringIncludes(failed!.problem!, "503");
      assert(Date.parse(failed!.retryAt!) > Date.now());
      assertEquals(listeners[1]!.certificates.map(({ issuer }) => issuer), ["localhost"]);
      const { status } = await request(site.http, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertEquals(status, 308);
      program.kill("SIGTERM");
      assertEquals(await program.status(), 0);
    }
    // What failed before a restart is waited for, a minute; it is as if that had passed.
    for (const { name } of Deno.readDirSync(`${site.folder}/acme/orders`)) {
      Deno.removeSync(`${site.folder}/acme/orders/${name}`);
    }
    {
      await using program = new Program(["start", "--config", path]);
      await program.shows(/listener secure: certificate of localhost, by ACME, changed/);
      for (let connection = 0; connection < 6; connection++) assert(await site.isServed());
      program.kill("SIGTERM");
      await program.status();
    }
    await using program = new Program(["start", "--config", path]);
    await program.shows(/listening on/);
    assert(await site.isServed());
    assertEquals(site.server.asked.filter((step) => step === "newOrder").length, 2);
    const { acme: [status], listeners } = await site.status();
    assertEquals(status!.problem, null);
    assert(status!.renewAt! < status!.notAfter!);
    assertEquals(listeners[1]!.certificates.map(({ issuer }) => issuer), ["Fake CA"]);
    const metrics = await (await fetch(`http://127.0.0.1:${site.admin}/metrics`)).text();
    assertMatch(metrics, /^roundabout_acme_failing\{name="localhost",directory="[^"]+"\} 0$/m);

    site.write(backend.url);
    program.kill("SIGHUP");
    await program.shows(/configuration 2, by SIGHUP/);
    assertEquals((await site.status()).acme, []);
    const response = await fetch(`http://127.0.0.1:${site.http}/`);
    assertEquals(await response.text(), "a");
  },
});

Deno.test({
  name: "acme: a reload that brings it orders a certificate, while requests go on",
  ignore: folder === undefined,
  async fn() {
    await using backend = new ScriptedBackend("a");
    await using site = await Site.start();
    const path = site.write(backend.url);
    await using program = new Program(["start", "--config", path]);
    await program.shows(/listening on/);
    site.write(backend.url, site.acme);
    program.kill("SIGHUP");
    await program.shows(/configuration 2, by SIGHUP/);
    await program.shows(/listener secure: certificate of localhost, by ACME, changed/);
    assert(await site.isServed());
    const { mode } = await Deno.stat(`${site.folder}/acme`);
    assertEquals(mode! & 0o777, 0o700);
  },
});
