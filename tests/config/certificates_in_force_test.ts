/** Certificates that expire while they are in force: a reload that keeps them is not refused for that. */
import { assertEquals, assertRejects } from "@std/assert";
import { ConfigError, loadConfiguration } from "../../lib/config/load.ts";
import type { Configuration } from "../../lib/config/model.ts";
import { issue } from "../../lib/tls/issue.ts";
import { certificateFor } from "../support/certificates.ts";
import { certificateFiles, TlsFolder } from "../support/tls_files.ts";

const DAY_MS = 86_400_000;
const LIFE = { from: Date.now() - DAY_MS, until: Date.now() + 60 * DAY_MS };

/** Once all of them have expired. */
const LATER = LIFE.until + 9 * DAY_MS;

const [SITE, ME] = [
  await certificateFor(["a.test"], LIFE),
  await certificateFor(["me.test"], LIFE),
];
const STAFF = await issue({ ...LIFE, names: ["Staff"], isAuthority: true });
const EXPIRED = `expired on ${new Date(LIFE.until).toISOString().slice(0, 10)}`;

/** Makes it another time. @param now in milliseconds since 1970 */
function clockAt(now: number): Disposable {
  const real = Date.now;
  Date.now = () => now;
  return { [Symbol.dispose]: () => void (Date.now = real) };
}

async function folderOf(): Promise<TlsFolder> {
  const folder = new TlsFolder();
  await folder.writeCertificate("site", SITE);
  await folder.writeCertificate("me", ME);
  await folder.write("staff.pem", STAFF.cert);
  await folder.configure({
    engine: "tcp",
    listeners: {
      https: {
        port: 8443,
        tls: { certificates: [certificateFiles("site")], clientCa: "staff.pem" },
      },
    },
    pools: { users: { backends: ["https://b.test"], tls: certificateFiles("me") } },
  });
  return folder;
}

/** The findings of a load at a later time, without their places. */
async function findingsLater(folder: TlsFolder, current?: Configuration) {
  using _time = clockAt(LATER);
  const withoutPlaces = (texts: readonly string[]) =>
    texts.map((text) => text.split("\n", 1)[0]!.replace(/^.*?(warning|error): /, "$1: "));
  try {
    const loaded = await loadConfiguration({}, folder.config, undefined, current);
    return withoutPlaces(loaded.warnings);
  } catch (error) {
    if (error instanceof ConfigError) return withoutPlaces(error.problems);
    throw error;
  }
}

Deno.test("certificates in force: those that have expired are warned of, and a start refuses them", async () => {
  await using folder = await folderOf();
  const { configuration } = await loadConfiguration({}, folder.config);
  assertEquals(await findingsLater(folder, configuration), [
    `warning: listeners.https.tls.certificates[0].cert names a certificate that ${EXPIRED}`,
    `warning: listeners.https.tls.clientCa names a certificate that ${EXPIRED}`,
    `warning: pools.users.tls.cert names a certificate that ${EXPIRED}`,
  ]);
  const atStart = await findingsLater(folder);
  assertEquals(atStart.length, 3);
  for (const finding of atStart) assertEquals(finding.startsWith("error: "), true, finding);
});

Deno.test("certificates in force: another one that has expired is refused", async () => {
  await using folder = await folderOf();
  const { configuration } = await loadConfiguration({}, folder.config);
  await folder.writeCertificate("site", await certificateFor(["a.test"], LIFE));
  assertEquals((await findingsLater(folder, configuration))[0]?.startsWith("error: "), true);
});

Deno.test("certificates in force: one that is not valid yet, as a clock went back, is warned of", async () => {
  await using folder = await folderOf();
  const { configuration } = await loadConfiguration({}, folder.config);
  using _time = clockAt(LIFE.from - 9 * DAY_MS);
  const { warnings } = await loadConfiguration({}, folder.config, undefined, configuration);
  assertEquals(warnings.length, 3);
  await assertRejects(() => loadConfiguration({}, folder.config), ConfigError);
});
