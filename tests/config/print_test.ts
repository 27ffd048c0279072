import { assert, assertEquals } from "@std/assert";
import { printConfiguration } from "../../lib/config/print.ts";
import { readJsonc } from "../../lib/config/source/jsonc.ts";
import { plain } from "../../lib/config/tree/node.ts";
import { problemsOfText } from "../support/configuration_file.ts";
import { EXAMPLE, SECRETS } from "../support/example_configuration.ts";

async function printed(text: string, variables = {}): Promise<string> {
  const { context, errors } = await problemsOfText(text, variables);
  assertEquals(errors, "");
  return printConfiguration(context.root, { name: "edge.jsonc", text, shown: text });
}

/** The lines of some names, without their indentation. */
function linesOf(text: string, ...names: string[]): string[] {
  return text.split("\n").map((line) => line.trim())
    .filter((line) => names.some((name) => line.startsWith(`"${name}": `)));
}

const TEXT = `{
  "engine": "tcp",
  "instance": "\${USERS_HOST}",
  "limits": {
    "inFlight": 7
  },
  "defaults": {
    "timeouts": { "connect": "1s" } },
  "pools": {
    "users": { "backends": [
      "http://\${USERS_HOST}:5000",
      { "url": "http://b", "weight": 2 }],
      "timeouts": { "idle": "3s" },
      "sticky": { "cookie": "lb", "secret": "a secret of the tests" }
    }
  }
}`;

Deno.test("print: each value has its origin: default, the line of the file, or a variable", async () => {
  const text = await printed(TEXT, { WORKERS: "3", CONNECT_TIMEOUT: "2s", MAX_HEADER_LINES: "50" });
  assertEquals(linesOf(text, "engine", "workers", "inFlight", "headerLines", "headerSize"), [
    '"engine": "tcp", // edge.jsonc:2',
    '"workers": 3, // WORKERS',
    '"inFlight": 7, // edge.jsonc:5',
    '"headerSize": "16KiB", // default',
    '"headerLines": 50, // MAX_HEADER_LINES',
  ]);
  assertEquals(linesOf(text, "connect", "idle", "url", "weight", "backup"), [
    '"url": "http://b", // edge.jsonc:12',
    '"weight": 2, // edge.jsonc:12',
    '"backup": false, // default',
    '"connect": "2s", // CONNECT_TIMEOUT',
    '"idle": "3s", // edge.jsonc:13',
  ]);
});

Deno.test("print: what a pool has from defaults names the line in defaults", async () => {
  assertEquals(linesOf(await printed(TEXT), "connect"), ['"connect": "1s", // edge.jsonc:8']);
});

Deno.test("print: references are shown as they were written, and secrets not at all", async () => {
  const text = await printed(TEXT);
  assertEquals(linesOf(text, "instance", "secret"), [
    '"instance": "${USERS_HOST}", // edge.jsonc:3',
    '"secret": "***", // edge.jsonc:14',
  ]);
  assert(text.includes('"http://${USERS_HOST}:5000", // edge.jsonc:11'), text);
});

for (
  const [written, shown] of [
    ["${SHORT}${SHORT}${SHORT}", "***"],
    ["${NOPE:-a default that is a secret}", "***"],
    ["a secret with ${SHORT} in it", "***"],
    ["${LONG}", "${LONG}"],
    ["derived", "derived"],
  ] as const
) {
  Deno.test(`print: the secret ${written} is shown as ${shown}`, async () => {
    const text = `{ "pools": { "users": { "backends": ["http://a"], "sticky": { "cookie": "lb",
      "secret": ${JSON.stringify(written)} } } } }`;
    const environment = { SHORT: "hunter2", LONG: "a secret of the tests" };
    const { context, errors } = await problemsOfText(text, {}, environment);
    assertEquals(errors, "");
    const all = printConfiguration(context.root, { name: "edge.jsonc", text, shown: text });
    assertEquals(linesOf(all, "secret"), [`"secret": "${shown}", // edge.jsonc:2`]);
  });
}

Deno.test("print: no secret of the example is shown, and the files of pages are", async () => {
  const text = await printed(EXAMPLE);
  for (const secret of SECRETS) assert(!text.includes(secret));
});

Deno.test("print: what is printed is JSON with comments, and has what was written", async () => {
  const text = await printed(EXAMPLE);
  const { node, problems } = readJsonc(text);
  assertEquals(problems, []);
  const [all, written] = [plain(node!), plain(readJsonc(EXAMPLE).node!)] as Record<
    string,
    unknown
  >[];
  for (const key of ["engine", "workers", "trustedProxies", "listeners", "routes", "limits"]) {
    contains(all![key], written![key], key);
  }
});

/** Whether a value has all that another one has. */
function contains(all: unknown, some: unknown, path: string): void {
  if (typeof some !== "object" || some === null) return assertEquals(all, some, path);
  for (const [key, value] of Object.entries(some)) {
    contains((all as Record<string, unknown>)[key], value, `${path}.${key}`);
  }
}

Deno.test("print: a route shows what was written, and no page of defaults", async () => {
  const text = await printed(
    `{ "pools": { "users": { "backends": ["http://a"] } },
  "routes": [{ "match": { "path": "/a" }, "respond": { "status": 200 } }] }`,
  );
  assertEquals(text.slice(text.indexOf('  "routes"')).split("\n").slice(0, 10), [
    '  "routes": [',
    "    {",
    '      "match": {',
    '        "path": "/a", // edge.jsonc:2',
    "      },",
    '      "respond": {',
    '        "status": 200, // edge.jsonc:2',
    "      },",
    "    },",
    "  ],",
  ]);
});
