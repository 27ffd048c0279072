/** The commands that ask a running balancer, as processes: what they print, and their exit status. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { sampleStatus, startTestAdmin } from "../support/admin_port.ts";
import { Program } from "../support/program.ts";
import { run } from "../support/started.ts";

const ID = "http://users-1:5000";

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
  const missing = {
    names: ["new.example.com"],
    notAfter: null,
    renewAt: null,
    ordering: true,
    problem: "it says no",
    retryAt: base.startedAt,
  };
  const [certificate] = base.listeners[0]!.certificates;
  api.control.current = sampleStatus({
    admin: { certificates: [{ ...certificate!, names: ["edge.test"], daysLeft: -1 }] },
    acme: [...base.acme, { ...base.acme[0]!, ...missing }],
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
  admin port: certificate of edge.test, by R11, expired 2027-01-19T12:00:00.000Z
  ACME: certificate of example.com, www.example.com, by https://ca.example/directory: valid until 2027-01-19T12:00:00.000Z, renewed at 2026-12-20T12:00:00.000Z
  ACME: certificate of new.example.com, by https://ca.example/directory: none yet, being ordered, next try at 2026-11-26T13:10:09.000Z, as the last one failed: it says no
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
