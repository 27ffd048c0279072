/** `start --takeover`: one instance of the program takes the place of another one. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { sampleStatus } from "../support/admin_port.ts";
import { Dialogue } from "../support/raw_client.ts";
import { deadPort } from "../support/dead_port.ts";
import { PROGRAM_ENGINES } from "../support/program_engines.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { run } from "../support/started.ts";
import { occupy, Place, standIn } from "../support/takeover_place.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

/** Answers /long in two halves: the second one when it is told to. */
function patientBackend() {
  const [begun, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const half = new TextEncoder().encode("half ");
  const body = () =>
    new ReadableStream({
      async start(controller) {
        controller.enqueue(half);
        begun.resolve();
        await end.promise;
        controller.enqueue(half);
        controller.close();
      },
    });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url }) => new Response(url.endsWith("/long") ? body() : "short"),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    begun: begun.promise,
    finish: end.resolve,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const answerOf = (url: string) => fetch(url).then((response) => response.text());

for (const { name, env } of PROGRAM_ENGINES) {
  Deno.test(`takeover: ${name}: kept connections and a long response finish, and the first instance ends with status 0`, async () => {
    await using backend = patientBackend();
    await using place = new Place({ ...env, WORKERS: "2", USERS_SERVICE: backend.url });
    const first = await place.start();
    using kept = await Dialogue.open(place.port);
    await kept.send(GET);
    assertEquals((await kept.response()).status, 200);
    const long = answerOf(`${place.url}/long`);
    await backend.begun;

    const second = await place.start({}, "--takeover");
    assertMatch(second.stderr, /info --takeover: taking the place of the instance on 127\.0\.0\.1/);
    await first.shows(/info POST \/api\/stop: not ready any more, finishing what is in flight/);
    await kept.send(GET);
    const last = await kept.response();
    assertEquals([last.status, last.field("connection")], [200, "close"]);
    assertEquals(await answerOf(place.url), "short");
    assertEquals(await answerOf(`http://127.0.0.1:${place.adminPort}/readyz`), "ready\n");
    backend.finish();
    assertEquals(await long, "half half ");
    assertEquals(await first.status(), 0);
    assertMatch(first.stderr, /info stopped\n$/);
    for (let i = 0; i < 10; i++) assertEquals(await answerOf(place.url), "short");
    second.kill("SIGTERM");
    assertEquals(await second.status(), 0);
  });
}

Deno.test("takeover: drains and weights set by hand go on, but for those that the configuration has changed", async () => {
  await using a = new ScriptedBackend("a");
  await using b = new ScriptedBackend("b");
  await using c = new ScriptedBackend("c");
  await using d = new ScriptedBackend("d");
  const list = (...backends: readonly string[]) => ({ USERS_SERVICE: backends.join(";") });
  await using place = new Place({ ENGINE: "tcp", ...list(a.url, b.url, c.url, d.url) });
  await place.start();
  const path = ({ url }: ScriptedBackend, action: string) =>
    `pools/users/backends/${encodeURIComponent(url)}/${action}`;
  await place.change(path(a, "drain"));
  for (const backend of [b, c]) await place.change(path(backend, "weight"), { weight: 7 });
  await place.change(path(d, "drain"));

  const second = await place.start(list(a.url, b.url, `${c.url} weight=3`), "--takeover");
  const expected = { [a.url]: "draining 1", [b.url]: "in use 7", [c.url]: "in use 3" };
  assertEquals(await place.backends(), expected);
  assertStringIncludes(second.stderr, `127.0.0.1:${c.port} has the weight 3, as the configuration`);
  assertStringIncludes(second.stderr, `${d.url} is not there: what was set by hand is dropped`);
  for (let i = 0; i < 10; i++) assert(await answerOf(place.url) !== "a");

  await place.start(list(a.url, b.url, `${c.url} weight=3`), "--takeover"); // from one to the next
  assertEquals(await place.backends(), expected);
  await place.change(path(b, "weight"), { weight: 1 });
  await place.change(path(a, "ready"));
  assertEquals((await place.backends())[a.url], "in use 1");
});

Deno.test("takeover: what does not end in time is cut off, and the first instance ends with status 0, as it was not told to stop by whatever would start it again", async () => {
  await using backend = new ScriptedBackend("a", "stall");
  await using place = new Place({
    ENGINE: "tcp",
    USERS_SERVICE: backend.url,
    DRAIN_TIMEOUT: "1s",
  });
  const first = await place.start();
  const cut = fetch(place.url).then(({ status }) => status, () => "cut off");
  await backend.until(() => backend.requests.length === 1);
  await place.start({}, "--takeover");
  assertEquals(await first.status(), 0);
  assertMatch(first.stderr, /warn stopped after the drain timeout with requests cut off: 1\n$/);
  await cut;
});

Deno.test("takeover: if nothing runs, it starts as usual, and checks that the port is free", async () => {
  await using place = new Place();
  const program = await place.start({}, "--takeover");
  await program.shows(
    /info --takeover: nothing answers on 127\.0\.0\.1:\d+, so there is nothing to/,
  );
  const elsewhere = String(deadPort());
  const taken = await run(["start", "--takeover"], {
    env: { ...place.settings, ADMIN_PORT: elsewhere },
  });
  assertEquals(taken.status, 1);
  assertMatch(taken.stderr, /Cannot listen on .* for requests as the address is in use/);
});

Deno.test("takeover: without the flag a port that another instance has is an error", async () => {
  await using place = new Place();
  await place.start();
  const { status, stderr } = await run(["start"], {
    env: { ...place.settings, ADMIN_PORT: "off" },
  });
  assertEquals(status, 1);
  assertMatch(
    stderr,
    /^Cannot listen on 127.* for requests as the address is in use: set another port/m,
  );
});

Deno.test("takeover: if the other instance does not answer, it ends within seconds, and the other one may not stop later", async () => {
  await using place = new Place();
  const asked = Promise.withResolvers<Date>();
  const waiting = Promise.withResolvers<Response>();
  const status = sampleStatus({
    listeners: [{ name: "http", address: `127.0.0.1:${place.port}`, certificates: [] }],
    pools: [],
  });
  await using _hanging = Deno.serve(
    { hostname: "127.0.0.1", port: place.adminPort, onListen() {} },
    async (request) => {
      if (request.method === "GET") return Response.json(status);
      asked.resolve(new Date((await request.json()).before));
      return await waiting.promise;
    },
  );
  using _other = occupy(place, true);
  const program = place.begin({}, "--takeover");
  await program.shows(/taking the place of/);
  const before = await asked.promise;
  assertEquals(await program.status(), 1);
  assertMatch(program.stderr, /^Cannot take over as .* did not answer within 5 s$/m);
  assert(before.getTime() < Date.now() - 1_000, "its answer would have come by then");
  waiting.resolve(new Response());
});

Deno.test("takeover: if the other instance keeps its admin port, the new one serves without, and its log says so", async () => {
  await using backend = new ScriptedBackend("a");
  await using place = new Place({ USERS_SERVICE: backend.url });
  using _other = standIn(place);
  const program = await place.start({}, "--takeover");
  assertMatch(
    program.stderr,
    /error Cannot listen on .* for the admin port as the address is in use.*: this instance serves without it/,
  );
  assertEquals(await answerOf(place.url), "a");
});

Deno.test("takeover: if the new instance is killed or stopped before it has asked, the other one goes on, and can be taken over again", async () => {
  await using backend = new ScriptedBackend("a");
  await using place = new Place({ USERS_SERVICE: backend.url });
  const first = await place.start();
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    const program = place.begin({}, "--takeover");
    await program.shows(/taking the place of the instance/);
    program.kill(signal);
    assertEquals(await program.status() !== 0, true);
    assertEquals(await answerOf(place.url), "a");
    assertEquals((await place.status())["draining"], false);
  }
  await place.start({}, "--takeover");
  assertEquals(await first.status(), 0);
});

Deno.test("takeover: a SIGTERM while it drains for another instance cuts nothing off, and SIGHUP does nothing", async () => {
  await using backend = patientBackend();
  await using place = new Place({ ENGINE: "tcp", USERS_SERVICE: backend.url });
  const first = await place.start();
  const answer = answerOf(`${place.url}/long`);
  await backend.begun;
  await place.start({}, "--takeover");
  await first.shows(/POST \/api\/stop: not ready/);
  first.kill("SIGHUP");
  first.kill("SIGTERM");
  await first.shows(/SIGTERM: not ready any more/);
  backend.finish();
  assertEquals(await answer, "half half ");
  assertEquals(await first.status(), 0);
  assert(!/configuration/.test(first.stderr), first.stderr);
});
