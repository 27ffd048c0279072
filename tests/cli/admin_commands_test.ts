/** The commands that ask a running balancer, as processes: what they print, and their exit status. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { sampleStatus, startTestAdmin } from "../support/admin_port.ts";
import { Program } from "../support/program.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { deadPort } from "../support/scripted_backend.ts";
import { run } from "../support/started.ts";

const ID = "http://users-1:5000";
const TOKEN = "0123456789abcdef-all";

Deno.test("reload: the number and the changes are printed, or that there are none", async () => {
  using api = startTestAdmin();
  const changes = ["pool users: + http://users-4:5000", "route api: timeout 10s → 5s"];
  api.control.onReload = () => ({ kind: "applied", number: 5, changes });
  const ADMIN_PORT = String(api.port);
  assertEquals(await run(["reload"], { env: { ADMIN_PORT } }), {
    status: 0,
    stdout:
      "configuration 5\npool users: + http://users-4:5000\nroute api: timeout 10s \\u2192 5s\n",
    stderr: "",
  });
  api.control.onReload = () => ({ kind: "applied", number: 5, changes: [] });
  const { stdout } = await run(["reload"], { env: { ADMIN_PORT, HTTP_PROXY: "http://192.0.2.1" } });
  assertEquals(stdout, "configuration 5: nothing has changed\n");
});

Deno.test("reload: a configuration that is refused is exit status 2, with every problem as it was given", async () => {
  using api = startTestAdmin();
  const long = "edge.jsonc:2:3: error: engin is no setting\n  2 |   engin\n    |   ^^^^^";
  const refuse = (...problems: string[]) => {
    api.control.onReload = () => ({ kind: "refused", problems });
    return run(["reload", "--admin", api.url]);
  };
  assertEquals(await refuse(long, long), {
    status: 2,
    stdout: "",
    stderr: `Cannot reload as the configuration has 2 problems:\n\n${long}\n\n${long}\n`,
  });
  assertEquals(await refuse("engine cannot be changed"), {
    status: 2,
    stdout: "",
    stderr: "Cannot reload as the configuration has 1 problem:\n  engine cannot be changed\n",
  });
});

Deno.test("status: a text shows the balancer, its pools and their backends", async () => {
  using api = startTestAdmin();
  const base = sampleStatus();
  api.control.current = sampleStatus({
    ready: false,
    problem: "draining",
    configuration: {
      ...base.configuration,
      lastReload: { at: base.startedAt, result: "refused", problems: ["a"] },
    },
  });
  api.control.set(ID, { state: "draining", setByHand: true, backup: true, weight: 100 });
  const { status, stdout, stderr } = await run(["status", "--admin", `${api.url}/`]);
  assertEquals([status, stderr], [0, ""]);
  assertEquals(
    stdout,
    `roundabout 0.1.0, edge-1, tcp engine, since 2026-11-26T13:10:09.000Z: not ready: draining
configuration 4 of /etc/roundabout.jsonc, since 2026-11-26T13:10:09.000Z; the last reload, 2026-11-26T13:10:09.000Z, was refused
listeners: http on 0.0.0.0:5000
  http: certificate of www.example.com, example.com, by R11, days left: 52
workers: 1 of 2 serve, requests in flight: 7

pool users, round_robin
  BACKEND                   WEIGHT  IN FLIGHT  ATTEMPTS  FAILED  LATENCY  STATE
  http://users-1:5000          100          3      1200       0  12.5 ms  draining, backup, set by hand
  http://users-2:5000/base       1          0        40       5        -  ejected, connection_refused, since 2026-11-26T13:10:09.000Z
  dns+http://users:5000: backends: 2, last answer 2026-11-26T13:10:09.000Z

pool next, p2c, no backend is usable
  BACKEND  WEIGHT  IN FLIGHT  ATTEMPTS  FAILED  LATENCY  STATE
`,
  );
});

Deno.test("status: --json prints all of it, and nothing that moves a terminal's cursor", async () => {
  using api = startTestAdmin();
  api.control.current = sampleStatus({ instance: "\x1b[2J\u009b\u202eé" });
  const { status, stdout } = await run(["status", "--json", "--admin", api.url]);
  assertEquals(status, 0);
  assertEquals(JSON.parse(stdout), api.control.current);
  assertMatch(stdout, /^[\x20-\x7e\n]*$/);
});

Deno.test("drain, ready, weight: each changes the backend and says how it is now", async () => {
  using api = startTestAdmin();
  const change = (...words: string[]) => run([...words, "--admin", api.url]);
  assertEquals(await change("drain", "users", "users-1:5000"), {
    status: 0,
    stdout: `users ${ID}: draining, in flight: 3\n`,
    stderr: "",
  });
  assertEquals((await change("ready", "users", ID)).stdout, `users ${ID}: ready, weight 1\n`);
  assertEquals((await change("weight", "users", ID, "5")).stdout, `users ${ID}: weight 5\n`);
  assertEquals(api.control.asked, [
    `drain users ${ID}`,
    `ready users ${ID}`,
    `weight 5 users ${ID}`,
  ]);
});

Deno.test("drain: a pool or backend that does not exist is exit status 2, with those that do", async () => {
  using api = startTestAdmin();
  assertEquals(await run(["drain", "user", "a", "--admin", api.url]), {
    status: 2,
    stdout: "",
    stderr: 'Cannot drain a as there is no pool "user", did you mean users?\npools: users, next\n',
  });
  const { status, stderr } = await run(["drain", "users", "users-3", "--admin", api.url]);
  assertEquals(status, 2);
  assertStringIncludes(stderr, `backends: ${ID}, http://users-2:5000/base\n`);
});

Deno.test("drain: --wait returns when nothing is in flight at the backend", async () => {
  using api = startTestAdmin();
  await using program = new Program(["drain", "users", ID, "--wait", "--admin", api.url]);
  await program.shows(/draining, in flight: 3\n/);
  api.control.set(ID, { inFlight: 0 });
  assertEquals(await program.status(), 0);
  assertEquals(
    program.stdout,
    `users ${ID}: draining, in flight: 3\nusers ${ID}: nothing is in flight\n`,
  );
});

Deno.test("drain: --wait ends when the backend is gone, or is not draining any more", async () => {
  using api = startTestAdmin();
  const args = ["drain", "users", ID, "--wait", "--admin", api.url];
  await using undone = new Program(args);
  await undone.shows(/draining, in flight: 3\n/);
  api.control.set(ID, { state: "in use" });
  assertEquals(await undone.status(), 1);
  assertEquals(undone.stderr, `Cannot drain ${ID} as it is not draining any more: in use\n`);

  await using gone = new Program(args);
  await gone.shows(/draining, in flight: 3\n/);
  const [users] = api.control.current.pools;
  api.control.current = sampleStatus({ pools: [{ ...users!, backends: [] }] });
  assertEquals(await gone.status(), 0);
});

Deno.test("drain: --wait ends after --timeout, and by Ctrl-C, with exit status 1, and the drain goes on", async () => {
  using api = startTestAdmin();
  const args = ["drain", "users", ID, "--wait", "--admin", api.url];
  const late = await run([...args, "--timeout", "300ms"]);
  assertEquals([late.status, late.stderr], [
    1,
    "Cannot wait any longer as 0.3 s are over: it goes on draining, in flight: 3\n",
  ]);
  await using program = new Program(args);
  await program.shows(/draining, in flight: 3\n/);
  api.control.set(ID, { inFlight: 2 });
  await new Promise<void>((resolve) => {
    const { status } = api.control;
    // Once it has asked, it listens to signals.
    Object.assign(api.control, { status: () => (resolve(), status()) });
  });
  program.kill("SIGINT");
  assertEquals(await program.status(), 1);
  assertMatch(
    program.stderr,
    /^Cannot wait any longer as the wait was ended: it goes on draining, in flight: [23]\n$/,
  );
  assertEquals(api.control.asked, [`drain users ${ID}`, `drain users ${ID}`]);
});

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
      ["--admin", "https://a:1"],
      {},
      '--admin must be http://, a host and a port, such as http://10.0.0.5:5001: current value is "https://a:1"',
    ],
    [["--admin", "http://a:1/api"], {}, "--admin must be http://"],
    [["--admin", "127.0.0.1:5001"], {}, "--admin must be http://"],
    [
      ["--admin", "http://user:secret@a"],
      {},
      '--admin must be http://, a host and a port, such as http://10.0.0.5:5001: current value is "***"',
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
