/** The configuration file itself, and the files that it names: secrets and the texts of pages. */
import { assertEquals, assertRejects } from "@std/assert";
import { ConfigError, loadConfiguration, parseVariables } from "../../lib/config/load.ts";
import { textOf } from "../../lib/config/values/content.ts";
import { configurationOf } from "../support/configuration_file.ts";

const FILE = "roundabout.jsonc";

/** A folder with files, and what loading one of them comes to. */
async function inFolder(
  files: Readonly<Record<string, string | Uint8Array>>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      if (typeof content === "string") await Deno.writeTextFile(`${folder}/${name}`, content);
      else await Deno.writeFile(`${folder}/${name}`, content);
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The message of the error, with the folder left out. */
async function problemOf(folder: string, name = FILE): Promise<string> {
  const error = await assertRejects(() => loadConfiguration({}, `${folder}/${name}`), ConfigError);
  return error.message.replaceAll(`${folder}/`, "");
}

const pool = (sticky: string) =>
  `{ "pools": { "users": { "backends": ["http://a"], "sticky": { "cookie": "lb", "secret": ${sticky} } } } }`;

const SECRET = "a secret of the tests";

for (
  const [what, content, expected] of [
    ["without a line end", SECRET, SECRET],
    ["with a line end", `${SECRET}\n`, SECRET],
    ["with a line end of Windows", `${SECRET}\r\n`, SECRET],
    ["with blanks around it", `  ${SECRET} \n`, `  ${SECRET} `],
  ] as const
) {
  Deno.test(`files: a secret is what its file has, ${what}`, async () => {
    await inFolder(
      { [FILE]: pool('{ "file": "sticky.txt" }'), "sticky.txt": content },
      async (folder) => {
        const { configuration } = await loadConfiguration({}, `${folder}/${FILE}`);
        assertEquals(configuration.pools["users"]!.sticky!.secret, { text: expected });
      },
    );
  });
}

Deno.test("files: a secret in a file may be absolute, and the variable CONFIG may name the file", async () => {
  await inFolder({ "sticky.txt": SECRET }, async (folder) => {
    await Deno.writeTextFile(`${folder}/${FILE}`, pool(`{ "file": "${folder}/sticky.txt" }`));
    const { configuration } = await loadConfiguration({ CONFIG: ` ${folder}/${FILE} ` }, undefined);
    assertEquals(textOf(configuration.pools["users"]!.sticky!.secret!), SECRET);
  });
});

Deno.test("files: a secret of a file that is too short is told of at its place, and not shown", async () => {
  const text = `{
  "pools": {
    "users": {
      "backends": ["http://a"],
      "sticky": { "cookie": "lb", "secret": { "file": "sticky.txt" } }
    }
  }
}`;
  await inFolder({ [FILE]: text, "sticky.txt": "hunter2\n" }, async (folder) => {
    assertEquals((await problemOf(folder)).split("\n").slice(2), [
      "roundabout.jsonc:5:55: error: pools.users.sticky.secret.file must name a file with a secret of 16 characters or more",
      '  5 |       "sticky": { "cookie": "lb", "secret": { "file": "sticky.txt" } }',
      "    |                                                       ^^^^^^^^^^^^",
    ]);
  });
});

Deno.test("files: pages are read from the folder of the configuration file, byte for byte", async () => {
  const text = `{
    "errorPages": { "503": { "file": "pages/sorry.html" }, "502": "broken" },
    "pools": { "users": { "backends": ["http://a"] } },
    "routes": [
      { "match": { "path": "/closed" }, "respond": { "status": 503, "body": { "file": "closed.html" } } },
      { "pool": "users", "errorPages": { "504": { "file": "closed.html" } } }
    ]
  }`;
  await inFolder({ [FILE]: text, "closed.html": "closed ä\r\n\n" }, async (folder) => {
    await Deno.mkdir(`${folder}/pages`);
    await Deno.writeTextFile(`${folder}/pages/sorry.html`, "sorry\n");
    const { configuration: { errorPages, routes } } = await loadConfiguration(
      {},
      `${folder}/${FILE}`,
    );
    assertEquals(errorPages, { "502": { text: "broken" }, "503": { text: "sorry\n" } });
    assertEquals(routes[0]!.respond!.body, { text: "closed ä\r\n\n" });
    assertEquals(routes[1]!.errorPages, { "504": { text: "closed ä\r\n\n" } });
  });
});

Deno.test("files: every file that cannot be read is told of at its place, in the order of the file", async () => {
  const text = `{
  "errorPages": { "503": { "file": "none.html" } },
  "pools": { "users": { "backends": ["http://a"], "sticky": { "cookie": "lb", "secret": { "file": "none" } } } },
  "routes": [{ "match": { "path": "/a" }, "respond": { "status": 200, "body": { "file": "." } } },
    { "pool": "users", "errorPages": { "504": { "file": "bytes" } } }]
}`;
  await inFolder({ [FILE]: text, bytes: new Uint8Array([0xff, 0xfe]) }, async (folder) => {
    const heads = (await problemOf(folder)).split("\n").filter((line) => line.includes(" error: "));
    assertEquals(heads, [
      "roundabout.jsonc:2:36: error: errorPages.503.file must name a readable file: no such file or directory",
      "roundabout.jsonc:3:99: error: pools.users.sticky.secret.file must name a readable file: no such file or directory",
      "roundabout.jsonc:4:89: error: routes[0].respond.body.file must name a readable file: it is a directory",
      "roundabout.jsonc:5:57: error: routes[1].errorPages.504.file must name a readable file: it is not UTF-8",
    ]);
  });
});

for (
  const [what, content, reason] of [
    ["a missing file", undefined, "no such file or directory"],
    ["a file that is not UTF-8", new Uint8Array([0x7b, 0xff, 0x7d]), "it is not UTF-8"],
    ["a file that is too large", new Uint8Array(10 * 1024 * 1024 + 1), "it is larger than 10 MiB"],
  ] as const
) {
  Deno.test(`files: ${what} cannot be the configuration`, async () => {
    await inFolder(content === undefined ? {} : { [FILE]: content }, async (folder) => {
      assertEquals(
        await problemOf(folder),
        `Cannot start as --config must name a readable file: current value is "roundabout.jsonc": ${reason}`,
      );
    });
  });
}

Deno.test("files: neither a directory nor a device can be the configuration", async () => {
  await inFolder({}, async (folder) => {
    await Deno.mkdir(`${folder}/sub`);
    assertEquals(
      await problemOf(folder, "sub"),
      'Cannot start as --config must name a readable file: current value is "sub": it is a directory',
    );
  });
  const error = await assertRejects(
    () => loadConfiguration({ CONFIG: "/dev/null" }, undefined),
    ConfigError,
  );
  assertEquals(
    error.message,
    'Cannot start as CONFIG must name a readable file: current value is "/dev/null": it is no regular file',
  );
});

Deno.test("files: a byte order mark and line ends of Windows are fine", async () => {
  const text =
    '\uFEFF{\r\n  // a comment\r\n  "pools": { "users": { "backends": ["http://a"] } }\r\n}\r\n';
  await inFolder({ [FILE]: text }, async (folder) => {
    const { configuration } = await loadConfiguration({}, `${folder}/${FILE}`);
    assertEquals(Object.keys(configuration.pools), ["users"]);
  });
  await inFolder({ [FILE]: '\uFEFF{\r\n  "pools": {}\r\n}\r\n' }, async (folder) => {
    assertEquals((await problemOf(folder)).split("\n").slice(2), [
      "roundabout.jsonc:2:12: error: pools must have a pool",
      '  2 |   "pools": {}',
      "    |            ^^",
    ]);
  });
});

Deno.test("files: of very many problems the first fifty are shown", async () => {
  const names = Array.from({ length: 120 }, (_, index) => `"setting${index}": 1`).join(",\n");
  const text = `{ ${names}, "pools": { "users": { "backends": ["http://a"] } } }`;
  await inFolder({ [FILE]: text }, async (folder) => {
    const message = await problemOf(folder);
    assertEquals(message.split("\n")[0], "Cannot start as the configuration has 120 problems:");
    assertEquals(message.match(/ error: /g)!.length, 50);
    assertEquals(message.endsWith("\n\nand others"), true);
  });
});

/** Which files a configuration is made of, or a refused one, with the folder left out. */
async function filesOf(folder: string, name = FILE): Promise<readonly string[]> {
  const { files } = await loadConfiguration({}, `${folder}/${name}`)
    .catch((error) => error instanceof ConfigError ? error : Promise.reject(error));
  return files.map((file) => file.replace(`${folder}/`, ""));
}

Deno.test("files: all that a configuration is made of are known, each once", async () => {
  const text = `{
    "errorPages": { "503": { "file": "pages/sorry.html" }, "502": { "file": "/dev/null" } },
    "pools": { "users": { "backends": ["http://a"], "sticky": { "cookie": "lb", "secret": { "file": "sticky.txt" } } } },
    "routes": [{ "pool": "users", "errorPages": { "504": { "file": "sticky.txt" } } }]
  }`;
  await inFolder({ [FILE]: text, "sticky.txt": SECRET }, async (folder) => {
    await Deno.mkdir(`${folder}/pages`);
    const all = [".env", FILE, "sticky.txt", "/dev/null", "pages/sorry.html"].sort();
    // No page is there yet, and a device is no page: both may become one.
    assertEquals((await filesOf(folder)).toSorted(), all);
  });
  await inFolder({ [FILE]: pool('"a secret of the tests"') }, async (folder) => {
    assertEquals(await filesOf(folder), [".env", FILE]);
  });
});

for (
  const [what, content] of [
    ["is not there", undefined],
    ["has a syntax error", "{"],
    ["has a wrong value", '{ "workers": 0, "pools": { "users": { "backends": ["http://a"] } } }'],
    ["is not UTF-8", new Uint8Array([0xff])],
  ] as const
) {
  Deno.test(`files: a file that ${what} is known all the same, as its next content may be right`, async () => {
    await inFolder(content === undefined ? {} : { [FILE]: content }, async (folder) => {
      assertEquals(await filesOf(folder), [".env", FILE]);
    });
  });
}

Deno.test("files: without a configuration file there is .env, be it absent", async () => {
  assertEquals(parseVariables({ USERS_SERVICE: "http://a" }).files, [".env"]);
  const error = await assertRejects(() => loadConfiguration({}, undefined), ConfigError);
  assertEquals(error.files, [".env"]);
});

Deno.test("files: they are watched unless the file says otherwise", async () => {
  const watches = async (setting: string) => {
    const text = `{ ${setting} "pools": { "users": { "backends": ["http://a"] } } }`;
    return (await configurationOf(text)).watch;
  };
  assertEquals([await watches(""), await watches('"watch": true,')], [true, true]);
  assertEquals(await watches('"watch": false,'), false);
  assertEquals(parseVariables({ USERS_SERVICE: "http://a" }).configuration.watch, true);
});
