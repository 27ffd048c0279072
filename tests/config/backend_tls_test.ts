/** TLS to backends, as a pool says it: files that are read and checked, and settings that need others. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { changesOf } from "../../lib/config/changes.ts";
import { ConfigError, loadConfiguration, type Loaded } from "../../lib/config/load.ts";
import { routeIdOf } from "../../lib/routing/route_id.ts";
import { poolTls } from "../../lib/runtime/backends.ts";
import { AUTHORITY, certificateFor } from "../support/certificates.ts";
import { certificateFiles, TlsFolder } from "../support/tls_files.ts";

const DAY_MS = 86_400_000;
const LONG = { until: Date.now() + 60 * DAY_MS };
const ME = await certificateFor(["me.internal"], LONG);
const OTHER = await certificateFor(["other.internal"], LONG);
const LASTING = await certificateFor(["Lasting CA"], { ...LONG, isAuthority: true });
const HTTPS = ["https://a.internal"];

async function folderOf(tls: object, backends = HTTPS, engine = "tcp"): Promise<TlsFolder> {
  const folder = new TlsFolder();
  await folder.write("ca.pem", LASTING.cert);
  await folder.writeCertificate("me", ME);
  await folder.writeCertificate("other", OTHER);
  await folder.configure({ engine, pools: { users: { backends, tls } } });
  return folder;
}

const load = ({ config }: TlsFolder): Promise<Loaded> => loadConfiguration({}, config);

/** The first line of each problem, without the file. */
function firstLines(problems: readonly string[], { path }: TlsFolder): string[] {
  return problems.map((problem) =>
    problem.split("\n", 1)[0]!.replaceAll(`${path}/`, "")
      .replace(/^roundabout\.jsonc:\d+:\d+: (\w+): pools\.users\.tls[. ]/, "$1: ")
  );
}

async function problemsOf(folder: TlsFolder): Promise<string[]> {
  try {
    return firstLines((await load(folder)).warnings, folder);
  } catch (error) {
    if (error instanceof ConfigError) return firstLines(error.problems, folder);
    throw error;
  }
}

Deno.test("backend TLS: files are read with the configuration, and reach backends", async () => {
  const tls = { ca: "ca.pem", serverName: "app.internal", ...certificateFiles("me") };
  await using folder = await folderOf(tls);
  const { configuration, warnings, files } = await load(folder);
  assertEquals(warnings, []);
  assertEquals(
    files.map((name) => name.replace(`${folder.path}/`, "")).sort(),
    [".env", "ca.pem", "me.key", "me.pem", "roundabout.jsonc"],
  );
  const pool = configuration.pools["users"]!;
  const options = poolTls({ tls: pool.tls });
  assertEquals(options?.ca?.trim(), LASTING.cert.trim());
  assertEquals(options?.client, { cert: ME.cert, key: ME.key });
  assertEquals([options?.serverName, options?.verify], ["app.internal", true]);
});

const NO_PEM = "must name a file with a certificate in PEM";

for (
  const [what, tls, expected] of [
    ["an authority that is not there", { ca: "none.pem" }, [
      "error: ca must name a readable file: no such file or directory",
    ]],
    ["an authority that is no PEM", { ca: "roundabout.jsonc" }, [`error: ca ${NO_PEM}`]],
    ["a key of another certificate", { cert: "me.pem", key: "other.key" }, [
      "error: key must name the private key of its certificate: it is that of another one",
    ]],
    ["a certificate without its key", { cert: "me.pem" }, ["error: cert needs key beside it"]],
    ["a key without its certificate", { key: "me.key" }, ["error: key needs cert beside it"]],
    ["an address as the server name", { serverName: "10.0.0.1" }, [
      'error: serverName must be a name such as app.internal: found "10.0.0.1"',
    ]],
    ["two names as the server name", { serverName: "a.internal b.internal" }, [
      'error: serverName must be a name such as app.internal: found "a.internal b.internal"',
    ]],
    ["an authority beside verify off", { ca: "ca.pem", verify: false }, [
      "error: ca has no effect with verify off",
    ]],
    ["verify off", { verify: false }, [
      "warning: verify is off: whoever is on the way to these backends can pass for them, and " +
      "read and change everything",
    ]],
  ] as const
) {
  Deno.test(`backend TLS: ${what}: ${expected[0].split(":", 1)[0]}`, async () => {
    await using folder = await folderOf(tls);
    assertEquals(await problemsOf(folder), expected);
  });
}

Deno.test("backend TLS: without a backend over TLS it has no effect, which is a warning", async () => {
  await using folder = await folderOf({ ca: "ca.pem" }, ["http://a.internal"]);
  assertEquals(await problemsOf(folder), [
    "warning: has no effect without a backend with https://",
  ]);
});

Deno.test("backend TLS: what fetch cannot do needs the tcp engine", async () => {
  await using folder = await folderOf({ serverName: "app.internal" }, HTTPS, "web");
  assertEquals(await problemsOf(folder), ['error: serverName needs engine "tcp"']);
  await using other = await folderOf({ verify: false }, HTTPS, "web");
  const { problems } = await assertRejects(() => load(other), ConfigError);
  assertEquals(firstLines(problems, other), ['error: verify needs engine "tcp"']);
  await using possible = await folderOf({ ca: "ca.pem", ...certificateFiles("me") }, HTTPS, "web");
  assertEquals(await problemsOf(possible), []);
});

Deno.test("backend TLS: an authority that ends soon is warned of, and so is a key that others can read", async () => {
  await using folder = await folderOf({ ca: "ca.pem", ...certificateFiles("me") });
  await folder.write("ca.pem", `${LASTING.cert}\n${AUTHORITY.cert}`);
  await folder.write("me.key", ME.key, 0o644);
  const [first = "", second = "", ...others] = await problemsOf(folder);
  assert(first.startsWith("warning: ca names a certificate that expires in "), first);
  assert(first.endsWith(": number 2 of 2"), first);
  assert(second.startsWith("warning: key names a private key that others"), second);
  assertEquals(others, []);
});

Deno.test("backend TLS: changes are told without a byte of a file", async () => {
  await using folder = await folderOf({ ca: "ca.pem", ...certificateFiles("me") });
  const before = (await load(folder)).configuration;
  await folder.writeCertificate("me", OTHER);
  await folder.write("ca.pem", AUTHORITY.cert);
  const after = (await load(folder)).configuration;
  assertEquals(changesOf(before, after, { routeIdOf }), [
    "pool users: tls.ca changed, tls.cert changed",
  ]);
  await folder.configure({
    engine: "tcp",
    pools: { users: { backends: HTTPS, tls: { serverName: "app.internal" } } },
  });
  assertEquals(changesOf(after, (await load(folder)).configuration, { routeIdOf }), [
    "pool users: tls.ca ca.pem -> not set, tls.cert me.pem -> not set, " +
    "tls.key me.key -> not set, tls.serverName not set -> app.internal",
  ]);
  assertEquals(changesOf(after, after, { routeIdOf }), []);
});
