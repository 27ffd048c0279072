/** TLS of the program as its users run it: its certificates, and how they change while it serves. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import type { Status } from "../../lib/admin/status.ts";
import { issue, type Issued } from "../../lib/tls/issue.ts";
import { AUTHORITY, certificateFor, VALID } from "../support/certificates.ts";
import { Program } from "../support/program.ts";
import { request } from "../support/raw_client.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { certificateFiles, TlsFolder } from "../support/tls_files.ts";

const DAY_MS = 86_400_000;
const NAMES = ["localhost", "127.0.0.1"];
const LONG = { until: Date.now() + 60 * DAY_MS };
const [FIRST, SECOND] = [await certificateFor(NAMES, LONG), await certificateFor(NAMES, LONG)];

/** How soon a certificate that was replaced is served, in milliseconds: a second, or more on a busy machine. */
const SERVED_WITHIN_MS = 10_000;

interface Ports {
  readonly http: number;
  readonly https: number;
  readonly admin: number;
}

function configurationFor(url: string, { http, https, admin }: Ports, workers = 1) {
  return {
    engine: "tcp",
    workers,
    admin: { port: admin },
    listeners: {
      http: { host: "127.0.0.1", port: http, redirectToHttps: true },
      https: {
        host: "127.0.0.1",
        port: https,
        tls: { certificates: [certificateFiles("site")], hsts: "180d" },
      },
    },
    pools: { users: { backends: [url] } },
  };
}

/** Whether a client that trusts this certificate alone gets a response on a new connection. */
async function isServed(port: number, { cert }: Issued): Promise<boolean> {
  using client = Deno.createHttpClient({ caCerts: [cert] });
  try {
    const response = await fetch(`https://localhost:${port}/`, { client });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // another one is served
  }
}

/** Sends requests one after the other on kept connections, until it is told to end. */
function keepAsking(port: number) {
  const client = Deno.createHttpClient({ caCerts: [AUTHORITY.cert] });
  const failures: unknown[] = [];
  let [count, isOver] = [0, false];
  const asking = (async () => {
    while (!isOver) {
      try {
        const response = await fetch(`https://localhost:${port}/`, { client });
        await response.text();
        if (response.ok) count++;
        else failures.push(response.status);
      } catch (error) {
        failures.push(error);
      }
    }
  })();
  return async () => {
    isOver = true;
    await asking;
    client.close();
    return { count, failures };
  };
}

/** A self-signed one, so that a client can tell it from all others. */
function selfSigned(): Promise<Issued> {
  return issue({ ...VALID, ...LONG, names: NAMES });
}

Deno.test("certificates: one that is replaced is served within two seconds, no request fails, and a bad one changes nothing", async () => {
  await using backend = new ScriptedBackend("a");
  await using folder = new TlsFolder();
  await folder.writeCertificate("site", FIRST);
  const ports = { http: deadPort(), https: deadPort(), admin: deadPort() };
  await folder.configure(configurationFor(backend.url, ports, 2));
  await using program = new Program(["start", "--config", folder.config]);
  await program.shows(/listening on/);
  const end = keepAsking(ports.https);
  using client = Deno.createHttpClient({ caCerts: [AUTHORITY.cert] });
  const response = await fetch(`https://localhost:${ports.https}/`, { client });
  assertEquals(await response.text(), "a");
  assertEquals(response.headers.get("strict-transport-security"), "max-age=15552000");

  const redirect = await request(ports.http, "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  assertEquals([redirect.status, redirect.field("location")], [
    308,
    `https://localhost:${ports.https}/x`,
  ]);

  const read = async () =>
    await (await fetch(`http://127.0.0.1:${ports.admin}/api/status`)).json() as Status;
  const fingerprintOf = ({ listeners }: Status) => listeners[1]!.certificates[0]!.fingerprint;
  const before = await read();
  const [plain, secure] = before.listeners;
  assertEquals(plain!.certificates, []);
  const { names, issuer, daysLeft, notAfter } = secure!.certificates[0]!;
  assertEquals([names, issuer], [NAMES, "Test CA"]);
  assert(daysLeft === 59 || daysLeft === 60, String(daysLeft));
  const metrics = await (await fetch(`http://127.0.0.1:${ports.admin}/metrics`)).text();
  assertMatch(
    metrics,
    new RegExp(
      `^roundabout_certificate_expiry_timestamp_seconds\\{listener="https",name="localhost"\\} ${
        Date.parse(notAfter) / 1000
      }$`,
      "m",
    ),
  );

  await folder.writeCertificate("site", SECOND);
  const replacedAt = performance.now();
  await program.shows(/listener https: certificate of localhost and 1 more changed/);
  const took = performance.now() - replacedAt;
  assert(took < SERVED_WITHIN_MS, `${took} ms`);
  assert(fingerprintOf(await read()) !== fingerprintOf(before));

  await folder.write("site.key", FIRST.key, 0o600);
  await program.shows(/Cannot reload by a changed file: configuration 2 stays/);
  assert(await isServed(ports.https, AUTHORITY));
  await folder.writeCertificate("site", SECOND);
  const { count, failures } = await end();
  assertEquals(failures, []);
  assert(count > 50, `${count} requests`);
  program.kill("SIGTERM");
  assertEquals(await program.status(), 0);
  for (const { key } of [FIRST, SECOND]) {
    assert(!program.stderr.includes(key.split("\n")[1]!), "no byte of a key is logged");
  }
});

Deno.test("certificates: of one that is replaced, new connections get the new one, and old ones go on", async () => {
  await using backend = new ScriptedBackend("a");
  await using folder = new TlsFolder();
  const [old, next] = [await selfSigned(), await selfSigned()];
  await folder.writeCertificate("site", old);
  const port = deadPort();
  const env = {
    USERS_SERVICE: backend.url,
    ENGINE: "tcp",
    HOST: "127.0.0.1",
    PORT: String(port),
    ADMIN_PORT: "off",
    TLS_CERT: "site.pem",
    TLS_KEY: "site.key",
  };
  await using program = new Program(["start"], { cwd: folder.path, env });
  await program.shows(/listening on/);
  using kept = Deno.createHttpClient({ caCerts: [old.cert] });
  const ask = async () => {
    const response = await fetch(`https://localhost:${port}/`, { client: kept });
    assertEquals([response.status, await response.text()], [200, "a"]);
  };
  await ask();
  await folder.writeCertificate("site", next);
  const replacedAt = performance.now();
  while (!await isServed(port, next)) {
    assert(performance.now() - replacedAt < SERVED_WITHIN_MS, program.stderr);
  }
  assertEquals(await isServed(port, old), false);
  await ask(); // on the connection that there is
});

Deno.test("certificates: one that expires while it is served does not refuse other changes, and a restart does", async () => {
  await using backend = new ScriptedBackend("a");
  await using folder = new TlsFolder();
  const until = Date.now() + 3_000;
  await folder.writeCertificate("site", await certificateFor(NAMES, { until }));
  const ports = { http: deadPort(), https: deadPort(), admin: deadPort() };
  const configuration = configurationFor(backend.url, ports);
  await folder.configure(configuration);
  await using program = new Program(["start", "--config", folder.config]);
  await program.shows(/listening on/);
  await delay(until + 1_000 - Date.now()); // it ends with a whole second
  await folder.configure({ ...configuration, watch: false });
  await program.shows(/configuration 2, by a changed file/);
  await program.shows(/warn .*certificates\[0\]\.cert names a certificate that expired on/);
  await using restarted = new Program(["check", "--config", folder.config]);
  assertEquals(await restarted.status(), 2);
});
