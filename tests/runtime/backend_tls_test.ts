/** TLS to backends as users of the program see it: certificates that change while requests are under way. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Status } from "../../lib/admin/status.ts";
import { AUTHORITY, certificateFor } from "../support/certificates.ts";
import { ENGINE_NAMES } from "../support/each_engine.ts";
import { Program } from "../support/program.ts";
import { deadPort } from "../support/dead_port.ts";
import { SecureBackend } from "../support/secure_backend.ts";
import { certificateFiles, TlsFolder } from "../support/tls_files.ts";

const LONG = { until: Date.now() + 60 * 86_400_000 };
const SERVER = await certificateFor(["127.0.0.1"], LONG);
const FIRST = await certificateFor(["first.internal"], LONG);
const SECOND = await certificateFor(["second.internal"], LONG);

for (const engine of ENGINE_NAMES) {
  Deno.test(`${engine} engine: backend TLS: a certificate of ours that is replaced is shown from then on, and what is under way goes on`, async () => {
    const held = Promise.withResolvers<void>();
    let [isHolding, hasArrived] = [false, () => {}];
    const arrived = new Promise<void>((resolve) => hasArrived = resolve);
    await using backend = await SecureBackend.start(SERVER, {
      clientCa: AUTHORITY.cert,
      beforeAnswer() {
        if (!isHolding) return Promise.resolve();
        isHolding = false;
        hasArrived();
        return held.promise;
      },
    });
    await using folder = new TlsFolder();
    await folder.write("ca.pem", AUTHORITY.cert);
    await folder.writeCertificate("me", FIRST);
    const [port, admin] = [deadPort(), deadPort()];
    await folder.configure({
      engine,
      workers: 2,
      admin: { port: admin },
      listeners: { http: { host: "127.0.0.1", port } },
      pools: {
        users: {
          backends: [backend.url],
          tls: { ca: "ca.pem", ...certificateFiles("me") },
        },
      },
    });
    await using program = new Program(["start", "--config", folder.config]);
    await program.shows(/listening on/);
    const ask = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/`);
      assertEquals([response.status, await response.text()], [200, "secure"], program.stderr);
      return backend.requests.at(-1)!.client;
    };
    const status = async () =>
      await (await fetch(`http://127.0.0.1:${admin}/api/status`)).json() as Status;
    assertEquals(await ask(), "first.internal");
    assertEquals(await ask(), "first.internal");
    isHolding = true;
    const slow = ask();
    await arrived;

    await folder.writeCertificate("me", SECOND);
    await program.shows(/pool users: tls\.cert changed/);
    assertEquals(await ask(), "second.internal");
    assertEquals(JSON.stringify(await status()).includes("removed"), false);
    held.resolve();
    await slow;
    for (let count = 0; count < 5; count++) assertEquals(await ask(), "second.internal");

    await folder.write("me.pem", "nonsense");
    await program.shows(/Cannot reload by a changed file/);
    assertEquals(await ask(), "second.internal");
    assert(!program.stderr.includes(SECOND.key.split("\n")[1]!), "no byte of a key is logged");
    program.kill("SIGTERM");
    assertEquals(await program.status(), 0);
  });
}

Deno.test("backend TLS: that certificates are not checked is said at the start, at a reload and by check", async () => {
  await using backend = await SecureBackend.start(SERVER);
  await using folder = new TlsFolder();
  const [port, admin] = [deadPort(), deadPort()];
  const configuration = (weight: number) => ({
    engine: "tcp",
    workers: 1,
    admin: { port: admin },
    listeners: { http: { host: "127.0.0.1", port } },
    pools: {
      users: {
        backends: [{ url: backend.url, weight }],
        tls: { verify: false },
        health: { path: "/", interval: "50ms" },
      },
    },
  });
  const warning = /pools\.users\.tls\.verify is off: whoever is on the way/g;
  await folder.configure(configuration(1));
  await using check = new Program(["check", "--config", folder.config]);
  assertEquals(await check.status(), 0);
  assertMatch(check.stderr, warning);
  await using program = new Program(["start", "--config", folder.config]);
  await program.shows(/listening on/);
  assertEquals(program.stderr.match(warning)?.length, 1);
  assertEquals(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "secure");
  await folder.configure(configuration(2));
  await program.shows(/weight 1 -> 2/);
  assertEquals(program.stderr.match(warning)?.length, 2);
  while (backend.requests.length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
  program.kill("SIGTERM");
  assertEquals(await program.status(), 0);
});
