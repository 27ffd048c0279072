/** How commands find a running balancer and prove who they are, and what they make of other answers. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { startTestAdmin } from "../support/admin_port.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { deadPort } from "../support/dead_port.ts";
import { run } from "../support/started.ts";

const ID = "http://users-1:5000";
const TOKEN = "0123456789abcdef-all";

Deno.test("commands: the token comes from --token-file, ADMIN_TOKEN or the settings, and its lack is told of", async () => {
  using api = startTestAdmin({ token: TOKEN });
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/token.txt`, `${TOKEN}\n`);
    const pools = '"pools": { "users": { "backends": ["htp://wrong"] } }';
    const admin = `"admin": { "port": ${api.port}, "token": { "file": "token.txt" } }`;
    await Deno.writeTextFile(`${folder}/edge.jsonc`, `{ ${admin}, ${pools} }`);
    const status = (args: string[], env: Record<string, string> = {}) =>
      run(["status", ...args], { cwd: folder, env });
    const given = ["--admin", api.url];
    assertEquals((await status([...given, "--token-file", "token.txt"])).status, 0);
    assertEquals((await status(given, { ADMIN_TOKEN: TOKEN })).status, 0);
    assertEquals((await status(["--config", "edge.jsonc"])).status, 0);
    assertEquals(
      (await status(["--config", "edge.jsonc", "--token-file", "token.txt"], {
        ADMIN_TOKEN: `${TOKEN}-of-another-one`,
      })).status,
      0,
    );
    assertEquals(await status(given), {
      status: 1,
      stdout: "",
      stderr:
        `Cannot show the status as 127.0.0.1:${api.port} asks for a token: set ADMIN_TOKEN, or name its file by --token-file\n`,
    });
    const wrong = await status(given, { ADMIN_TOKEN: `${TOKEN}-of-another-one` });
    assertEquals([wrong.status, wrong.stderr], [
      1,
      `Cannot show the status as 127.0.0.1:${api.port} does not accept the token: the token is wrong\n`,
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("commands: a token for reading shows the status, and changes nothing", async () => {
  using api = startTestAdmin({ token: TOKEN, readToken: `${TOKEN}-read` });
  const env = { ADMIN_TOKEN: `${TOKEN}-read`, ADMIN_PORT: String(api.port) };
  assertEquals((await run(["status"], { env })).status, 0);
  const { status, stderr } = await run(["reload"], { env });
  assertEquals([status, stderr], [
    1,
    `Cannot reload as 127.0.0.1:${api.port} answered 403: this token may only read: changes need admin.token\n`,
  ]);
});

Deno.test("commands: nothing there, another program there, and a redirect are told apart", async () => {
  const port = deadPort();
  const dead = await run(["status", "--admin", `http://127.0.0.1:${port}`]);
  assertEquals([dead.status, dead.stderr], [
    1,
    `Cannot show the status as nothing answers on 127.0.0.1:${port}: is a balancer running, and is this its admin port?\n`,
  ]);
  const asked: string[] = [];
  for (const head of ["200 OK", "401 Unauthorized", "302 Found\r\nLocation: /elsewhere"]) {
    await using other = new RawBackend(async (side) => {
      asked.push(await side.until("\r\n\r\n"));
      await side.send(`HTTP/1.1 ${head}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok`);
    });
    const { status, stderr } = await run(["drain", "users", ID, "--admin", other.url], {
      env: { ADMIN_TOKEN: TOKEN },
    });
    const number = head.slice(0, 3);
    assertEquals([status, stderr], [
      1,
      `Cannot drain ${ID} as what answers on ${
        new URL(other.url).host
      } is not the admin port of this version of Roundabout: it answered ${number}\n`,
    ]);
  }
  assertEquals(asked.length, 3);
});

for (
  const [what, body] of [
    ["an empty object", "{}"],
    ["other pools", '{ "pools": [{ "name": "a" }, null], "configuration": 5, "changes": "none" }'],
  ] as const
) {
  Deno.test(`commands: ${what} in JSON is not taken for the answer of a balancer`, async () => {
    await using other = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      const length = `Content-Length: ${body.length}\r\nConnection: close`;
      await side.send(`HTTP/1.1 200 OK\r\n${length}\r\n\r\n${body}`);
    });
    for (
      const [args, task, expected] of [
        [["status"], "show the status", "a status"],
        [["reload"], "reload", "what has changed"],
        [["drain", "users", ID, "--wait"], `drain ${ID}`, "a backend"],
        [["ready", "users", ID], `make ${ID} ready`, "a backend"],
        [["weight", "users", ID, "5"], `set the weight of ${ID}`, "a backend"],
      ] as const
    ) {
      assertEquals(await run([...args, "--admin", other.url]), {
        status: 1,
        stdout: "",
        stderr: `Cannot ${task} as what answers on ${
          new URL(other.url).host
        } is not the admin port of this version of Roundabout: it answered 200, with something else than ${expected}\n`,
      });
    }
  });
}

Deno.test("commands: an answer without an end is not read to its end", async () => {
  await using other = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () =>
      new Response(
        new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(1024 * 1024)) }),
      ),
  );
  const host = `127.0.0.1:${other.addr.port}`;
  const { status, stderr } = await run(["reload", "--admin", `http://${host}`]);
  assertEquals([status, stderr], [
    1,
    `Cannot reload as what answers on ${host} is not the admin port of this version of Roundabout: it answered more than 64 MiB\n`,
  ]);
});

Deno.test("commands: a path that the port does not have says which port that is", async () => {
  using api = startTestAdmin();
  const { status, stderr } = await run(["drain", "..", ID, "--admin", api.url]);
  assertEquals(status, 2);
  assertStringIncludes(
    stderr,
    `Cannot drain ${ID} as 127.0.0.1:${api.port} answered 404: not found`,
  );
});

for (
  const [args, env, problem] of [
    [
      ["--admin", "ftp://a:1"],
      {},
      '--admin must be http:// or https://, a host and a port, such as http://10.0.0.5:5001, or unix: and a path: current value is "ftp://a:1"',
    ],
    [["--admin", "http://a:1/api"], {}, "--admin must be http:// or https://"],
    [["--admin", "127.0.0.1:5001"], {}, "--admin must be http:// or https://"],
    [
      ["--admin", "http://user:secret@a"],
      {},
      '--admin must be http:// or https://, a host and a port, such as http://10.0.0.5:5001, or unix: and a path: current value is "***"',
    ],
    [
      ["--token-file", "none"],
      {},
      '--token-file must name a readable file: current value is "none": no such file or directory',
    ],
    [
      ["--admin", "http://a:1"],
      { ADMIN_TOKEN: "a b" },
      "the token of ADMIN_TOKEN must be visible ASCII without blanks",
    ],
    [[], { ADMIN_PORT: "off" }, "the admin port must be on: it is off"],
    [[], { ADMIN_TOKEN: "short" }, "ADMIN_TOKEN must have 16 characters or more"],
  ] as const
) {
  Deno.test(`commands: ${args.join(" ")} with ${JSON.stringify(env)} is exit status 2: ${problem.slice(0, 30)}…`, async () => {
    const { status, stdout, stderr } = await run(["status", ...args], { env });
    assertEquals([status, stdout], [2, ""]);
    assertEquals(stderr.startsWith(`Cannot ask the balancer as ${problem}`), true, stderr);
  });
}

for (
  const [args, problem] of [
    [["weight", "users", ID, "101"], 'WEIGHT must be 0 to 100: current value is "101"'],
    [["weight", "users", ID, "many"], 'WEIGHT must be 0 to 100: current value is "many"'],
    [["drain", "users", ID, "--timeout", "5m"], "--timeout has no effect without --wait"],
    [
      ["drain", "users", ID, "--wait", "--timeout", "5"],
      "--timeout must be a duration of 0s to 24h",
    ],
  ] as const
) {
  Deno.test(`commands: ${args.join(" ")} is exit status 2`, async () => {
    const { status, stderr } = await run(args);
    assertEquals(status, 2);
    assertEquals(stderr.startsWith(`Cannot ask the balancer as ${problem}`), true, stderr);
  });
}
