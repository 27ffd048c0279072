/** Certificates of listeners, as a configuration names them: read, checked, and part of it. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { changesOf } from "../../lib/config/changes.ts";
import { ConfigError, loadConfiguration, type Loaded } from "../../lib/config/load.ts";
import { routeIdOf } from "../../lib/routing/route_id.ts";
import { listenersOf } from "../../lib/runtime/revision.ts";
import { certificateFor, rsaKeys } from "../support/certificates.ts";
import { certificateFiles, TlsFolder } from "../support/tls_files.ts";

const DAY_MS = 86_400_000;
const LONG = { until: Date.now() + 60 * DAY_MS };

const WWW = await certificateFor(["www.example.com", "example.com"], LONG);
const RENEWED = await certificateFor(["www.example.com", "example.com"], LONG);
const RSA = await certificateFor(["www.example.com"], { ...LONG, keys: await rsaKeys() });
const API = await certificateFor(["*.api.example.com"], LONG);

const POOLS = { users: { backends: ["http://a"] } };

interface Written {
  /** The names of the files of its certificates. */
  readonly certificates?: readonly string[];
  readonly tls?: object;
  readonly listeners?: object;
  readonly routes?: unknown;
}

/** What a configuration file has with a listener `https`. */
function file({ certificates = ["www"], tls, listeners, routes }: Written = {}) {
  return {
    engine: "tcp",
    listeners: {
      https: { port: 8443, tls: { certificates: certificates.map(certificateFiles), ...tls } },
      ...listeners,
    },
    pools: POOLS,
    routes,
  };
}

/** A folder with these certificates: `www`, renewed, with an RSA key, and for another name. */
async function folderOf(written?: Written): Promise<TlsFolder> {
  const folder = new TlsFolder();
  await folder.writeCertificate("www", WWW);
  await folder.writeCertificate("renewed", RENEWED);
  await folder.writeCertificate("rsa", RSA);
  await folder.writeCertificate("api", API);
  await folder.configure(file(written));
  return folder;
}

const load = ({ config }: TlsFolder): Promise<Loaded> => loadConfiguration({}, config);

/** The first line of each error, without the file. */
async function errorsOf(folder: TlsFolder): Promise<string[]> {
  const { problems } = await assertRejects(() => load(folder), ConfigError);
  return problems.map((problem: string) => firstLine(problem, folder));
}

async function warningsOf(folder: TlsFolder): Promise<string[]> {
  return (await load(folder)).warnings.map((warning) => firstLine(warning, folder));
}

function firstLine(problem: string, { path }: TlsFolder): string {
  return problem.split("\n", 1)[0]!.replaceAll(`${path}/`, "")
    .replace(/^roundabout\.jsonc:\d+:\d+: \w+: listeners\.https\.tls\./, "");
}

Deno.test("certificates: they are read with the configuration, and reach the engine", async () => {
  await using folder = await folderOf({ certificates: ["www", "rsa"], tls: { hsts: "180d" } });
  const { configuration, warnings, files } = await load(folder);
  assertEquals(warnings, []);
  assertEquals(
    files.map((name) => name.replace(`${folder.path}/`, "")).sort(),
    [".env", "roundabout.jsonc", "rsa.key", "rsa.pem", "www.key", "www.pem"],
  );
  assertEquals(listenersOf(configuration), [{
    name: "https",
    hostname: "0.0.0.0",
    port: 8443,
    proxyProtocol: false,
    tls: {
      certificates: [
        { names: ["www.example.com", "example.com"], isEcdsa: true, cert: WWW.cert, key: WWW.key },
        { names: ["www.example.com"], isEcdsa: false, cert: RSA.cert, key: RSA.key },
      ],
      minVersion: "1.2",
      clientAuthentication: undefined,
      hstsSeconds: 180 * 86_400,
    },
  }]);
});

Deno.test("certificates: all that is wrong is told at once, each at its place", async () => {
  await using folder = await folderOf({ certificates: ["www", "none", "api", "old"] });
  await folder.write("www.pem", "nonsense");
  await folder.write("api.key", WWW.key, 0o600);
  const old = { from: Date.now() - 9 * DAY_MS, until: Date.now() - DAY_MS };
  await folder.writeCertificate("old", await certificateFor(["old.test"], old));
  const expired = new Date(old.until).toISOString().slice(0, 10);
  assertEquals(await errorsOf(folder), [
    "certificates[0].cert must name a file with a certificate in PEM",
    "certificates[1].cert must name a readable file: no such file or directory",
    "certificates[1].key must name a readable file: no such file or directory",
    "certificates[2].key must name the private key of its certificate: it is that of another one",
    `certificates[3].cert must name a certificate that is valid: this one expired on ${expired}`,
  ]);
  const { problems, files } = await assertRejects(() => load(folder), ConfigError);
  assertStringIncludes(problems[0]!, '"cert": "www.pem"');
  assertEquals(files.includes(`${folder.path}/none.pem`), true, "it may come to be");
});

Deno.test("certificates: what is probably not meant is a warning", async () => {
  await using folder = await folderOf({ certificates: ["www", "renewed", "rsa", "api"] });
  await Deno.chmod(`${folder.path}/www.key`, 0o640);
  const soon = { until: Date.now() + 9.5 * DAY_MS };
  await folder.writeCertificate("api", await certificateFor(["api.test"], soon));
  const end = new Date(soon.until).toISOString().slice(0, 10);
  assertEquals(await warningsOf(folder), [
    "certificates[0].key names a private key that others than its owner can read: chmod 600 keeps them out",
    "certificates[1] is not served for www.example.com, example.com: certificates[0] is, which has " +
    "the same kind of key",
    `certificates[3].cert names a certificate that expires in 9 days, on ${end}`,
  ]);
});

const INNER = { inner: { port: 8444, tls: { certificates: [certificateFiles("api")] } } };
const uncovered = (place: string, listener: string, host: string) =>
  `routes[0].match.${place} is covered by no certificate of the listener ${listener}: found "${host}"`;

for (
  const [match, listeners, expected] of [
    [{}, {}, []],
    [{ host: "www.example.com" }, {}, []],
    [{ host: "www.example.org" }, {}, [uncovered("host", "https", "www.example.org")]],
    [{ host: ["example.com", "a.test"] }, {}, [uncovered("host[1]", "https", "a.test")]],
    [{ host: "*.example.com" }, {}, []],
    [{ host: "*.example.org" }, {}, [uncovered("host", "https", "*.example.org")]],
    [{ host: "a.api.example.com" }, INNER, []],
    [{ host: "b.a.api.example.com" }, INNER, [
      uncovered("host", "https, inner", "b.a.api.example.com"),
    ]],
    [{ host: "a.api.example.com", listener: "https" }, INNER, [
      uncovered("host", "https", "a.api.example.com"),
    ]],
    [{ host: "a.test", listener: "http" }, { http: { port: 8080 } }, []],
  ] as const
) {
  const what = JSON.stringify({ match, listeners: Object.keys(listeners) });
  Deno.test(`certificates: a route's host that no certificate covers is a warning: ${what}`, async () => {
    const routes = [{ match, pool: "users" }, { match: { path: "/other" }, pool: "users" }];
    await using folder = await folderOf({ listeners, routes });
    const warnings = await warningsOf(folder);
    assertEquals(
      warnings.map((warning) => warning.replace(/^.*?: warning: /, "")),
      [...expected],
    );
  });
}

/** What the log says of a change from one state of the folder to another. */
async function changesBy(change: (folder: TlsFolder) => Promise<void>, written?: Written) {
  await using folder = await folderOf(written);
  const { configuration: before } = await load(folder);
  await change(folder);
  const { configuration: after } = await load(folder);
  return changesOf(before, after, { routeIdOf });
}

Deno.test("certificates: one that has changed is a change, of which no byte is told", async () => {
  const changes = await changesBy((folder) => folder.writeCertificate("www", RENEWED));
  assertEquals(changes, ["listener https: certificate of www.example.com and 1 more changed"]);
  assertEquals(await changesBy((folder) => folder.writeCertificate("www", WWW)), []);
});

Deno.test("certificates: others are added, removed, or in another order", async () => {
  const to = (certificates: string[], tls = {}) => (folder: TlsFolder) =>
    folder.configure(file({ certificates, tls }));
  assertEquals(await changesBy(to(["www", "api"])), [
    "listener https: certificate of *.api.example.com added",
  ]);
  assertEquals(await changesBy(to(["rsa"], { minVersion: "1.3" })), [
    "listener https: tls.minVersion 1.2 -> 1.3, certificate of www.example.com added, " +
    "certificate of www.example.com and 1 more removed",
  ]);
  assertEquals(await changesBy(to(["rsa", "www"]), { certificates: ["www", "rsa"] }), [
    "listener https: order of certificates",
  ]);
});

Deno.test("certificates: TLS_CERT and TLS_KEY make the listener of the environment one with TLS", async () => {
  await using folder = await folderOf();
  const variables = {
    USERS_SERVICE: "http://a",
    ENGINE: "tcp",
    TLS_CERT: `${folder.path}/www.pem`,
    TLS_KEY: `${folder.path}/www.key`,
  };
  const { configuration, files } = await loadConfiguration(variables, undefined);
  const [listener] = listenersOf(configuration);
  assertEquals([listener!.name, listener!.port], ["http", 5000]);
  assertEquals(listener!.tls!.certificates.map(({ key }) => key), [WWW.key]);
  assertEquals(files, [".env", variables.TLS_CERT, variables.TLS_KEY]);
  const problem = async (others: Record<string, string>) =>
    (await assertRejects(
      () => loadConfiguration({ ...variables, ...others }, undefined),
      ConfigError,
    ))
      .message.replaceAll(`${folder.path}/`, "");
  assertEquals(
    await problem({ TLS_KEY: "" }),
    "Cannot start as TLS_KEY must be set beside TLS_CERT: current value is not set",
  );
  assertEquals(
    await problem({ TLS_CERT: "" }),
    "Cannot start as TLS_CERT must be set beside TLS_KEY: current value is not set",
  );
  const web = await loadConfiguration({ ...variables, ENGINE: "" }, undefined);
  assertEquals(listenersOf(web.configuration)[0]!.tls!.certificates.length, 1);
  assertEquals(
    await problem({ TLS_KEY: `${folder.path}/api.key` }),
    "Cannot start as TLS_KEY must name the private key of its certificate: it is that of another one: " +
      'current value is "api.key"',
  );
});

Deno.test("certificates: beside a file, a path of a variable starts at the working directory", async () => {
  await using folder = await folderOf();
  await folder.configure({ pools: POOLS });
  const variables = { ENGINE: "tcp", TLS_CERT: "www.pem", TLS_KEY: `${folder.path}/www.key` };
  const { problems } = await assertRejects(
    () => loadConfiguration(variables, folder.config),
    ConfigError,
  );
  assertEquals(problems, [
    'TLS_CERT must name a readable file: no such file or directory: current value is "www.pem"',
  ]);
});
