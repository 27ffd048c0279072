/** Certificates that listeners get by themselves, as a configuration asks for them. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { changesOf } from "../../lib/config/changes.ts";
import { ConfigError, loadConfiguration, parseVariables } from "../../lib/config/load.ts";
import { routeIdOf } from "../../lib/routing/route_id.ts";
import { AUTHORITY } from "../support/certificates.ts";
import { configurationOf, problemsOfText } from "../support/configuration_file.ts";
import { certificateFiles, TlsFolder } from "../support/tls_files.ts";

const DOMAINS = ["www.example.com"];
const HTTP = { http: { port: 80 } };
const DIRECTORY = "https://ca.example.com/directory";

/** A configuration file with listeners that have ACME, by their names. */
function file(acme: Record<string, object>, others: object = HTTP) {
  const listeners = Object.entries(acme).map(([name, acme], index) =>
    [name, { port: 8443 + index, tls: { acme } }] as const
  );
  return {
    engine: "tcp",
    listeners: { ...others, ...Object.fromEntries(listeners) },
    pools: { users: { backends: ["http://a"] } },
  };
}

/** Errors or warnings, without their places. */
async function messagesOf(file: object, severity: "errors" | "warnings" = "errors") {
  const text = (await problemsOfText(JSON.stringify(file)))[severity];
  return [...text.matchAll(/^\S+: (?:error|warning): (.*)$/gm)].map(([, message]) => message!);
}

Deno.test("acme: domains are enough; the store is below /var/lib, and the authority Let's Encrypt", async () => {
  const { listeners } = await configurationOf(
    JSON.stringify(file({ https: { domains: DOMAINS } })),
  );
  assertEquals(listeners["https"]!.tls!.acme, {
    domains: DOMAINS,
    store: "/var/lib/roundabout/acme",
    staging: false,
    directoryAuthorities: undefined,
    loaded: undefined,
  });
});

Deno.test("acme: names, addresses, URLs and stores that cannot be are refused, all at once", async () => {
  const acme = {
    domains: ["*.example.com", "192.0.2.1", "https://a.example.com/", "a_b.example.com", "a..b"],
    email: "ops",
    store: "/etc/acme",
    directory: "http://ca.example.com/directory",
    eab: { keyId: "k1", key: "not base64url, at all" },
  };
  const at = "listeners.https.tls.acme";
  assertEquals(await messagesOf(file({ https: acme })), [
    `${at}.domains[0] must have no wildcard, as http-01 proves control of single names only: found "*.example.com"`,
    `${at}.domains[1] must be a DNS name, not an address: found "192.0.2.1"`,
    `${at}.domains[2] must be a DNS name such as www.example.com: found "https://a.example.com/", did you mean "a.example.com"?`,
    `${at}.domains[3] must be a DNS name such as www.example.com: found "a_b.example.com"`,
    `${at}.domains[4] must be a DNS name such as www.example.com: found "a..b"`,
    `${at}.email must be one address such as ops@example.com: found "ops"`,
    `${at}.store must be a folder below /run or /var/lib/roundabout: this program may write nowhere else: found "/etc/acme"`,
    `${at}.directory must be the https URL of an ACME directory; http is for loopback only: found "http://ca.example.com/directory", did you mean "https://ca.example.com/directory"?`,
    `${at}.eab.key must be a key in base64url, as the authority shows it: found "***"`,
  ]);
  assertEquals(await messagesOf(file({ https: { domains: [] } })), [
    `${at}.domains must name at least one domain`,
  ]);
});

Deno.test("acme: a store may be any folder below /run or /var/lib/roundabout, and no way leads out of it", async () => {
  for (const store of ["/run/acme", "/var/lib/roundabout", "/var/lib/roundabout/a/"]) {
    assertEquals(await messagesOf(file({ https: { domains: DOMAINS, store } })), [], store);
  }
  for (
    const store of ["/run", "/run/", "/run/../etc", "/var/lib/roundabout/../x", "acme", "/runx"]
  ) {
    assertEquals((await messagesOf(file({ https: { domains: DOMAINS, store } }))).length, 1, store);
  }
});

Deno.test("acme: without a plain listener there is nowhere to prove anything; without port 80 there is a warning", async () => {
  const acme = { https: { domains: DOMAINS } };
  assertEquals(await messagesOf(file(acme, {})), [
    "listeners.https.tls.acme needs a listener without tls: authorities ask for proof at port 80",
  ]);
  const elsewhere = file(acme, { http: { port: 8080 } });
  assertEquals(await messagesOf(elsewhere), []);
  assertEquals(await messagesOf(elsewhere, "warnings"), [
    "listeners.https.tls.acme is proved at port 80 of its domains: what comes there must reach the listener http",
  ]);
  assertEquals(await messagesOf(file(acme), "warnings"), []);
});

Deno.test("acme: Let's Encrypt is asked for public names only, another authority for any", async () => {
  const domains = ["localhost", "db", "a.internal", "A.Example.org."];
  const refused = await messagesOf(file({ https: { domains, staging: true } }));
  assertEquals(refused.map((text) => /^\S+/.exec(text)![0]), [
    "listeners.https.tls.acme.domains[0]",
    "listeners.https.tls.acme.domains[1]",
    "listeners.https.tls.acme.domains[2]",
  ]);
  const other = { domains, directory: DIRECTORY };
  assertEquals(await messagesOf(file({ https: other })), []);
  for (
    const directory of ["http://127.0.0.1:14000/dir", "http://localhost/dir", "http://[::1]/d"]
  ) {
    assertEquals(await messagesOf(file({ https: { ...other, directory } })), [], directory);
  }
});

Deno.test("acme: staging and directory exclude each other, and directoryCa needs directory", async () => {
  const both = { domains: DOMAINS, staging: true, directory: DIRECTORY };
  assertEquals(await messagesOf(file({ https: both })), [
    "listeners.https.tls.acme.staging must not be there beside directory",
  ]);
  const alone = await messagesOf(file({ https: { domains: DOMAINS, directoryCa: "ca.pem" } }));
  assertEquals(alone, [
    "listeners.https.tls.acme.directoryCa has no effect without directory",
  ]);
});

Deno.test("acme: listeners with the same authority have the same account and the same store", async () => {
  const one = { domains: DOMAINS, email: "a@example.com" };
  assertEquals(
    await messagesOf(file({ a: one, b: one, c: { ...one, domains: ["b.example.com"] } })),
    [],
  );
  assertEquals(
    await messagesOf(file({ a: one, b: { ...one, staging: true, store: "/run/x" } })),
    [],
  );
  const other = { domains: ["b.example.com"], email: "b@example.com", store: "/run/x" };
  const refused = await messagesOf(file({ a: one, b: other }));
  assertEquals(refused.length, 2);
  for (const message of refused) {
    assertStringIncludes(
      message,
      "must be that of listeners.a.tls.acme, which has the same authority",
    );
  }
});

Deno.test("acme: variables make the listener an https listener, and one at port 80 beside it", () => {
  const variables = {
    USERS_SERVICE: "http://a",
    ENGINE: "tcp",
    HOST: "::",
    PORT: "443",
    ACME_DOMAINS: "www.example.com, Example.com",
    ACME_EMAIL: "ops@example.com",
  };
  const { configuration, warnings } = parseVariables(variables);
  assertEquals(warnings, []);
  const { http, challenges } = configuration.listeners;
  assertEquals(Object.keys(configuration.listeners), ["http", "challenges"]);
  const { domains, email } = http!.tls!.acme!;
  assertEquals([http!.host, http!.port, domains, email], [
    "::",
    443,
    ["www.example.com", "example.com"],
    "ops@example.com",
  ]);
  const { host, port, redirectToHttps, tls } = challenges!;
  assertEquals([host, port, redirectToHttps, tls], ["::", 80, true, undefined]);
});

function problemsOf(variables: Record<string, string>): readonly string[] {
  try {
    parseVariables({ USERS_SERVICE: "http://a", ENGINE: "tcp", ...variables });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

Deno.test("acme: what is wrong with the variables is told in their names", () => {
  assertEquals(problemsOf({ ACME_DOMAINS: "*.a.example.org,b.example.org,db", HOST: "a:80" }), [
    'HOST must have no port, which is a setting of its own: current value is "a:80", did you mean a?',
    'ACME_DOMAINS must have no wildcard, as http-01 proves control of single names only: entry 1 of 3 is "*.a.example.org"',
  ]);
  assertEquals(problemsOf({ ACME_DOMAINS: "a.example.org b.example.org" }), [
    'ACME_DOMAINS must have , between names: current value is "a.example.org b.example.org", did you mean a.example.org,b.example.org?',
  ]);
  assertEquals(problemsOf({ ACME_DOMAINS: "localhost" }), [
    'ACME_DOMAINS must be a public name: Let\'s Encrypt gives certificates for no others: current value is "localhost"',
  ]);
  assertEquals(problemsOf({ ACME_EMAIL: "ops@example.com" }), [
    "ACME_DOMAINS must be set beside ACME_EMAIL: current value is not set",
  ]);
  for (const name of ["PORT", "ADMIN_PORT"]) {
    assertEquals(problemsOf({ ACME_DOMAINS: "a.example.org", [name]: "80" }), [
      `${name} must not be 80 beside ACME_DOMAINS: authorities ask for proof there: current value is "80"`,
    ]);
  }
});

Deno.test("acme: directoryCa and the key of eab are read from their files, checked, and watched", async () => {
  await using folder = new TlsFolder();
  await folder.write("ca.pem", AUTHORITY.cert);
  await folder.write("eab.key", "c29tZSBsb25nIHNlY3JldCBrZXk=\n", 0o600);
  const eab = { keyId: "k1", key: { file: "eab.key" } };
  const acme = { domains: ["db"], directory: DIRECTORY, directoryCa: "ca.pem", eab };
  await folder.configure(file({ https: acme }));
  const { configuration, files } = await loadConfiguration({}, folder.config);
  const loaded = configuration.listeners["https"]!.tls!.acme!;
  assertEquals(loaded.directoryAuthorities?.trim(), AUTHORITY.cert.trim());
  assertEquals(loaded.eab, { keyId: "k1", key: { text: "c29tZSBsb25nIHNlY3JldCBrZXk" } });
  for (const name of ["ca.pem", "eab.key"]) assert(files.includes(`${folder.path}/${name}`), name);

  await folder.write("ca.pem", "nothing");
  await folder.write("eab.key", "?");
  const error = await loadConfiguration({}, folder.config).catch((error) => error);
  assert(error instanceof ConfigError);
  const text = error.problems.join("\n");
  assertStringIncludes(text, "directoryCa must name a file with the certificate of an authority");
  assertStringIncludes(text, "eab.key.file must name a file with a key in base64url");
});

Deno.test("acme: another key of eab is a change that shows no byte of it, and so is another authority's certificate", async () => {
  const one = (key: string) =>
    configurationOf(
      JSON.stringify(file({ https: { domains: DOMAINS, eab: { keyId: "k", key } } })),
    );
  const [before, after] = [await one("a".repeat(16)), await one("b".repeat(16))];
  assertEquals(changesOf(before, after, { routeIdOf }), [
    "listener https: tls.acme.eab.key: changed",
  ]);
  const changed = structuredClone(before) as typeof before;
  Object.assign(changed.listeners["https"]!.tls!.acme!, { directoryAuthorities: AUTHORITY.cert });
  assertEquals(changesOf(before, changed, { routeIdOf }), [
    "listener https: tls.acme.directoryCa: its file changed",
  ]);
});

Deno.test("acme: a host that neither a certificate nor ACME covers is warned of", async () => {
  await using folder = new TlsFolder();
  await folder.configure({
    ...file({ https: { domains: DOMAINS } }),
    routes: ["www.example.com", "other.example.com"].map((host) => ({
      match: { host },
      pool: "users",
    })),
  });
  const { warnings } = await loadConfiguration({}, folder.config);
  assertEquals(warnings.map((text) => /found (\S+)$/m.exec(text)?.[1]), ['"other.example.com"']);
});

Deno.test("acme: it may stand beside certificates, and one of both must be there", async () => {
  const both = { certificates: [certificateFiles("www")], acme: { domains: DOMAINS } };
  const listeners = (tls: object) => ({ ...HTTP, https: { port: 443, tls } });
  const base = file({});
  assertEquals(await messagesOf({ ...base, listeners: listeners(both) }), []);
  assertEquals(await messagesOf({ ...base, listeners: listeners({}) }), [
    "listeners.https.tls must have certificates or acme",
  ]);
});
