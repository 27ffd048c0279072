/** The authorities of client certificates, as a configuration names them: read, checked, and part of it. */
import { assertEquals, assertRejects } from "@std/assert";
import { changesOf } from "../../lib/config/changes.ts";
import { ConfigError, loadConfiguration } from "../../lib/config/load.ts";
import { routeIdOf } from "../../lib/routing/route_id.ts";
import { listenersOf } from "../../lib/runtime/revision.ts";
import { issue } from "../../lib/tls/issue.ts";
import { certificateFor } from "../support/certificates.ts";
import { specialCertificate } from "../support/special_certificate.ts";
import { certificateFiles, TlsFolder } from "../support/tls_files.ts";

const DAY_MS = 86_400_000;
const LONG = { from: Date.now() - 2 * DAY_MS, until: Date.now() + 60 * DAY_MS };
const AUTHORITY = { ...LONG, names: ["Staff"], isAuthority: true };
const SERVER = await certificateFor(["www.example.com"], LONG);
const STAFF = await issue(AUTHORITY);
const PARTNERS = await issue({ ...AUTHORITY, names: ["Partners"] });

/** A folder whose listener trusts what the file `staff.pem` holds. */
async function folderOf(staff: string | undefined, tls: object = {}): Promise<TlsFolder> {
  const folder = new TlsFolder();
  await folder.writeCertificate("www", SERVER);
  if (staff !== undefined) await folder.write("staff.pem", staff);
  await folder.configure({
    engine: "tcp",
    listeners: {
      https: {
        port: 8443,
        tls: { certificates: [certificateFiles("www")], clientCa: "staff.pem", ...tls },
      },
    },
    pools: { users: { backends: ["http://a"] } },
  });
  return folder;
}

Deno.test("client authorities: they reach the engine, and their file is watched", async () => {
  for (const [tls, isRequired] of [[{}, true], [{ clientAuth: "optional" }, false]] as const) {
    await using folder = await folderOf(
      `of staff:\n${STAFF.cert}and others:\n${PARTNERS.cert}`,
      tls,
    );
    const { configuration, warnings, files } = await loadConfiguration({}, folder.config);
    assertEquals(warnings, []);
    assertEquals(files.includes(`${folder.path}/staff.pem`), true);
    assertEquals(listenersOf(configuration)[0]!.tls!.clientAuthentication, {
      authorities: STAFF.cert + PARTNERS.cert,
      isRequired,
    });
  }
});

const EXPIRED = await issue({ ...AUTHORITY, until: Date.now() - DAY_MS });
const FUTURE = await issue({ ...AUTHORITY, from: Date.now() + DAY_MS });
const OLD = await specialCertificate(undefined, { ...LONG, subject: "Old", extensions: [] });
const day = (milliseconds: number) => new Date(milliseconds).toISOString().slice(0, 10);

for (
  const [what, text, message] of [
    ["that is not there", undefined, "a readable file: no such file or directory"],
    ["without a certificate", STAFF.key, "a file with the certificate of an authority in PEM"],
    [
      "with a broken one",
      STAFF.cert + STAFF.cert.replaceAll("M", "N"),
      "a file with certificates in PEM: number 2 of 2",
    ],
    ["with one of version 1", OLD.cert, "certificates of version 3 (X.509)"],
    [
      "with a server's certificate",
      SERVER.cert,
      "authorities, or certificates that sign themselves",
    ],
    [
      "with one that has expired",
      EXPIRED.cert,
      `certificates that are valid: one expired on ${day(Date.now() - DAY_MS)}`,
    ],
    [
      "with one that is not valid yet",
      FUTURE.cert,
      `certificates that are valid: one is valid only from ${day(Date.now() + DAY_MS)} on`,
    ],
  ] as const
) {
  Deno.test(`client authorities: a file ${what} is refused`, async () => {
    await using folder = await folderOf(text);
    const { problems } = await assertRejects(
      () => loadConfiguration({}, folder.config),
      ConfigError,
    );
    assertEquals(
      problems.map((problem: string) => problem.split("\n", 1)[0]!.split(" error: ")[1]),
      [
        `listeners.https.tls.clientCa must name ${message}`,
      ],
    );
  });
}

Deno.test("client authorities: one that expires soon is a warning", async () => {
  const soon = await issue({ ...AUTHORITY, until: Date.now() + 5.5 * DAY_MS });
  await using folder = await folderOf(soon.cert);
  const { warnings } = await loadConfiguration({}, folder.config);
  assertEquals(warnings.length, 1);
  assertEquals(warnings[0]!.includes("clientCa names a certificate that expires in 5 days"), true);
});

Deno.test("client authorities: a change is told in the words of the file, without its content", async () => {
  await using folder = await folderOf(STAFF.cert);
  const { configuration: before } = await loadConfiguration({}, folder.config);
  await folder.write("staff.pem", PARTNERS.cert);
  const { configuration: after } = await loadConfiguration({}, folder.config);
  assertEquals(changesOf(before, after, { routeIdOf }), [
    "listener https: tls.clientCa: its file changed",
  ]);
  await using other = await folderOf(STAFF.cert, { clientAuth: "optional" });
  const { configuration: optional } = await loadConfiguration({}, other.config);
  assertEquals(changesOf(after, optional, { routeIdOf }).join().includes("BEGIN"), false);
});
