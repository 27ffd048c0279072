/** The tokens of the admin port, as its settings and as commands find them. */
import { assertEquals, assertRejects } from "@std/assert";
import { ConfigError, loadConfiguration, parseVariables } from "../../lib/config/load.ts";
import { loadAdminAccess } from "../../lib/config/load_admin.ts";
import { problemsOfText } from "../support/configuration_file.ts";

const TOKEN = "0123456789abcdef";
const POOLS = '"pools": { "users": { "backends": ["http://a"] } }';

/** A file of the configuration, and one beside it with a token. */
async function withFiles(text: string, token: string, use: (path: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/edge.jsonc`, text);
    await Deno.writeTextFile(`${folder}/token.txt`, token);
    await use(`${folder}/edge.jsonc`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("admin tokens: they stand in the file, in files of their own, or in ADMIN_TOKEN, which wins", async () => {
  const text =
    `{ "admin": { "token": { "file": "token.txt" }, "readToken": "${TOKEN}" }, ${POOLS} }`;
  await withFiles(text, `${TOKEN}-file\n`, async (path) => {
    const { configuration } = await loadConfiguration({}, path);
    assertEquals(configuration.admin!.token, { text: `${TOKEN}-file` });
    assertEquals(configuration.admin!.readToken, { text: TOKEN });
    const both = await loadConfiguration({ ADMIN_TOKEN: `${TOKEN}-variable` }, path);
    assertEquals(both.configuration.admin!.token, { text: `${TOKEN}-variable` });
  });
  const { admin } = parseVariables({ USERS_SERVICE: "http://a", ADMIN_TOKEN: TOKEN }).configuration;
  assertEquals([admin!.token, admin!.readToken], [{ text: TOKEN }, undefined]);
});

for (const token of ["hunter2", "hunter2 hunter2 hunter2", "hunter2-hünter2-hunter2"]) {
  Deno.test(`admin tokens: "${token}" is refused, as no header could carry it or it is too short, and not shown`, async () => {
    const { errors } = await problemsOfText(`{ "admin": { "token": "${token}" }, ${POOLS} }`);
    assertEquals(
      errors.includes("admin.token must have 16 characters or more, visible ASCII"),
      true,
    );
    assertEquals(errors.includes("unter2"), false);
    const text = `{ "admin": { "token": { "file": "token.txt" } }, ${POOLS} }`;
    await withFiles(text, token, async (path) => {
      const { message } = await assertRejects(() => loadConfiguration({}, path), ConfigError);
      const problem = "admin.token.file must name a file with a token of 16 characters or more";
      assertEquals(message.includes(problem), true, message);
      assertEquals(message.includes("unter2"), false);
    });
  });
}

/** Neither a unix socket nor TLS. */
const ONLY_PORT = { unix: undefined, certificate: undefined };

Deno.test("admin tokens: commands find a unix socket, and a certificate beside the file", async () => {
  const admin = { unix: "/run/roundabout/admin.sock" };
  await withFiles(`{ "admin": ${JSON.stringify(admin)} }`, "", async (path) => {
    assertEquals((await loadAdminAccess({}, path, true))?.unix, admin.unix);
  });
  const tls = { certificates: [{ cert: "edge.pem", key: "edge.key" }] };
  await withFiles(`{ "admin": ${JSON.stringify({ tls })} }`, "", async (path) => {
    const expected = path.replace(/[^/]*$/, "edge.pem");
    assertEquals((await loadAdminAccess({}, path, true))?.certificate, expected);
  });
});

Deno.test("admin tokens: commands find the port and the token, whatever else is wrong with the file", async () => {
  const text = `{
    "engin": "tcp",
    "admin": { "host": "127.0.0.2", "port": 6001, "token": { "file": "token.txt" } },
    "pools": { "users": { "backends": ["htp://a"] } }
  }`;
  await withFiles(text, `${TOKEN}\n`, async (path) => {
    const address = { host: "127.0.0.2", port: 6001, ...ONLY_PORT };
    assertEquals(await loadAdminAccess({}, path, true), { ...address, token: TOKEN });
    assertEquals(await loadAdminAccess({}, path, false), { ...address, token: undefined });
    const texts = { CONFIG: path, ADMIN_TOKEN: `${TOKEN}-own`, ADMIN_PORT: "6002" };
    assertEquals(await loadAdminAccess(texts, undefined, true), {
      ...address,
      port: 6002,
      token: `${TOKEN}-own`,
    });
    assertEquals(await loadAdminAccess({ ADMIN_PORT: "off" }, path, true), undefined);
  });
});

Deno.test("admin tokens: without a file commands find what the variables say", async () => {
  const access = { host: "127.0.0.1", port: 5001, ...ONLY_PORT, token: undefined };
  assertEquals(await loadAdminAccess({}, undefined, true), access);
  assertEquals(await loadAdminAccess({ USERS_SERVICE: "nonsense" }, undefined, true), access);
  const { message } = await assertRejects(
    () => loadAdminAccess({ ADMIN_PORT: "0" }, undefined, true),
    ConfigError,
  );
  assertEquals(
    message,
    'Cannot ask the balancer as ADMIN_PORT must be 1 to 65535, or off: current value is "0"',
  );
});

for (
  const [what, text, problem] of [
    ["a file that is no JSON", '{ "admin": ', "the configuration has"],
    ["a port that is none", `{ "admin": { "port": 0 }, ${POOLS} }`, "admin.port must be"],
    [
      "a token of a variable that is not set",
      `{ "admin": { "token": "\${NO_SUCH_VARIABLE_AT_ALL}" }, ${POOLS} }`,
      "NO_SUCH_VARIABLE_AT_ALL",
    ],
    [
      "a token of a file that is not there",
      `{ "admin": { "token": { "file": "none.txt" } }, ${POOLS} }`,
      "admin.token.file must name a readable file: no such file or directory",
    ],
  ] as const
) {
  Deno.test(`admin tokens: ${what} is told of, when a command asks`, async () => {
    await withFiles(text, "", async (path) => {
      const { message } = await assertRejects(() => loadAdminAccess({}, path, true), ConfigError);
      assertEquals(message.startsWith("Cannot ask the balancer as "), true, message);
      assertEquals(message.includes(problem), true, message);
    });
  });
}
