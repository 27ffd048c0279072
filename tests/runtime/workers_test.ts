import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Dialogue } from "../support/raw_client.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { forwardTo } from "../support/port_forwarding.ts";
import { deadPort } from "../support/dead_port.ts";
import { PROGRAM_ENGINES } from "../support/program_engines.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { started } from "../support/started.ts";
import { pause } from "../support/timing.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

/** Opens connections of clients: enough that each worker gets some. */
function connect(url: string, count: number): Promise<Dialogue[]> {
  const port = Number(new URL(url).port);
  return Promise.all(Array.from({ length: count }, () => Dialogue.open(port)));
}

/** Sends a number of requests over each connection, one after the other. @returns the statuses */
async function ask(clients: readonly Dialogue[], requests = 1): Promise<number[]> {
  const statuses = await Promise.all(clients.map(async (client) => {
    const statuses: number[] = [];
    for (let i = 0; i < requests; i++) {
      await client.send(GET);
      statuses.push((await client.response()).status);
    }
    return statuses;
  }));
  return statuses.flat();
}

function close(clients: readonly Dialogue[]): void {
  for (const client of clients) client[Symbol.dispose]();
}

for (const { name, env } of PROGRAM_ENGINES) {
  Deno.test(`workers: ${name}: round robin goes on from one worker to the next, and is even under load`, async () => {
    const order: string[] = [];
    const backendNamed = (name: string) =>
      new ScriptedBackend(name, () => {
        order.push(name);
        return "serve";
      });
    await using a = backendNamed("a");
    await using b = backendNamed("b");
    await using c = backendNamed("c");
    const { program, url } = await started([a, b, c].map(({ url }) => url).join(";"), {
      ...env,
      WORKERS: "2",
      ACCESS_LOG: "off",
    });
    await using _program = program;
    const clients = await connect(url, 40);
    for (const client of clients) assertEquals(await ask([client]), [200]);
    const first = order.indexOf("a");
    const expected = Array.from({ length: 40 }, (_, index) => "abc"[(index + 3 - first) % 3]);
    assertEquals(order, expected);

    const statuses = await ask(clients, 20);
    close(clients);
    assertEquals([statuses.length, new Set(statuses)], [800, new Set([200])]);
    const counts = ["a", "b", "c"].map((name) => order.filter((by) => by === name).length);
    assert(Math.max(...counts) - Math.min(...counts) <= 1, String(counts));
  });

  Deno.test(`workers: ${name}: a worker that dies loses only its own requests, and another one takes its place`, async () => {
    const release = Promise.withResolvers<void>();
    let [held, arrived] = [40, Promise.withResolvers<void>()];
    await using backend = new RawBackend(async (side) => {
      for (let heads = 1; await side.until("\r\n\r\n"); heads++) {
        side.received = "";
        if (--held === 0) arrived.resolve();
        await release.promise;
        await side.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      }
    });
    const settings = { ...env, WORKERS: "2", ACCESS_LOG: "off", MAX_IN_FLIGHT: "40" };
    const script = new URL("../support/mortal_balancer.ts", import.meta.url);
    const { program, url } = await started(backend.url, settings, script);
    await using _program = program;
    const clients = await connect(url, 40);
    for (const client of clients) await client.send(GET);
    await arrived.promise;
    const refused = await connect(url, 1);
    assertEquals(await ask(refused), [503], "limits.inFlight is reached");

    program.kill("SIGUSR2");
    const [, lost] = await program.shows(
      /worker 1 died, requests lost with it: (\d+): .*asked to die/,
    );
    await program.shows(/worker 1 is started again/);
    assert(Number(lost) > 0 && Number(lost) < 40, lost);
    [held, arrived] = [Number(lost), Promise.withResolvers<void>()];
    const others = await connect(url, Number(lost));
    for (const client of others) await client.send(GET); // each in the place of one that was lost
    await arrived.promise;
    const late = await connect(url, 1);
    assertEquals(await ask(late), [503], "limits.inFlight is reached again");

    release.resolve();
    const answers = await Promise.allSettled(clients.map((client) => client.response()));
    const answered = answers.filter(({ status }) => status === "fulfilled").length;
    assertEquals(answered, 40 - Number(lost));
    for (const client of others) assertEquals((await client.response()).status, 200);
    close([...clients, ...others, ...refused, ...late]);
    program.kill("SIGTERM");
    assertEquals(await program.status(), 0);
  });

  Deno.test(`workers: ${name}: a backend that fails at several workers is ejected once, and found once it is back, for all of them`, async () => {
    await using a = new ScriptedBackend("a");
    const b = new ScriptedBackend("b");
    const { program, url } = await started(`${a.url};${b.url}`, { ...env, WORKERS: "2" });
    await using _program = program;
    await b[Symbol.asyncDispose]();
    const clients = await connect(url, 40);
    assertEquals(new Set(await ask(clients, 10)), new Set([200]));
    close(clients);
    await program.shows(/is ejected until it can be connected to, failures: 5: connection_refused/);
    await using _back = new ScriptedBackend("b", "serve", b.port);
    const [client] = await connect(url, 1);
    while (!program.stderr.includes("is reinstated")) {
      assertEquals(await ask([client!]), [200]);
      await pause(50);
    }
    close([client!]);
    program.kill("SIGTERM");
    assertEquals(await program.status(), 0);
    for (const [what, times] of [[/is ejected/g, 1], [/ fails: /g, 1]] as const) {
      assertEquals(program.stderr.match(what)?.length, times, program.stderr);
    }
    const lines = program.stdout.trimEnd().split("\n");
    assert(lines.length > 400);
    for (const line of lines) assertMatch(line, /^\S+ 127\.0\.0\.1 GET \/ 200 \S+ [\d.]+ ms/);
  });

  Deno.test(`workers: ${name}: a stop lets the requests of all workers finish`, async () => {
    const release = Promise.withResolvers<void>();
    let held = 0;
    const arrived = Promise.withResolvers<void>();
    await using backend = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      if (++held === 20) arrived.resolve();
      await release.promise;
      await side.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    });
    const { program, url } = await started(backend.url, { ...env, WORKERS: "2" });
    await using _program = program;
    const clients = await connect(url, 20);
    for (const client of clients) await client.send(GET);
    await arrived.promise;
    program.kill("SIGTERM");
    await program.shows(/not ready any more/);
    release.resolve();
    for (const client of clients) assertEquals((await client.response()).status, 200);
    close(clients);
    assertEquals(await program.status(), 0);
    assertEquals(program.stdout.trimEnd().split("\n").length, 20);
  });

  Deno.test(`workers: ${name}: DRAIN_TIMEOUT cuts off requests that do not end, and the log has their number for all workers, status 1`, async () => {
    let held = 0;
    const arrived = Promise.withResolvers<void>();
    await using backend = new RawBackend(async (side) => {
      await side.until("\r\n\r\n");
      if (++held === 20) arrived.resolve();
      await side.read();
    });
    const settings = { ...env, WORKERS: "2", DRAIN_TIMEOUT: "100ms" };
    const { program, url } = await started(backend.url, settings);
    await using _program = program;
    const clients = await connect(url, 20);
    for (const client of clients) await client.send(GET);
    await arrived.promise;
    program.kill("SIGTERM");
    assertEquals(await program.status(), 1);
    assertMatch(program.stderr, /stopped after the drain timeout with requests cut off: 20/);
    for (const client of clients) await assertRejects(() => client.response());
    close(clients);
  });
}

Deno.test("workers: all have the same name in Via, so whichever gets its own request answers 508", async () => {
  const port = deadPort();
  await using detour = forwardTo(port); // the balancer knows its own address, and refuses it
  const settings = { PORT: String(port), WORKERS: "2" };
  const { program, url } = await started(`http://127.0.0.1:${detour.port}`, settings);
  await using _program = program;
  const clients = await connect(url, 12);
  assertEquals(new Set(await ask(clients)), new Set([508]));
  close(clients);
  program.kill("SIGTERM");
  assertEquals(await program.status(), 0);
  const statuses = program.stdout.trimEnd().split("\n").map((line) => line.split(" ")[4]);
  assertEquals(statuses, Array(24).fill("508"));
  assertMatch(
    program.stderr,
    /requests come back to this balancer, which is roundabout-[0-9a-f]{8} in/,
  );
  assertEquals(program.stderr.match(/ warn /g)?.length, 2, program.stderr);
});

Deno.test("workers: a second balancer of several workers does not share a port", async () => {
  await using backend = new ScriptedBackend("a");
  const { program, url } = await started(backend.url, { WORKERS: "2" });
  await using _program = program;
  const second = started(backend.url, { WORKERS: "2", PORT: new URL(url).port });
  const { message } = await second.then(() => new Error("it listens"), (error: Error) => error);
  assertMatch(
    message,
    /Cannot listen on 127\.0\.0\.1:\d+ for requests as the address is in use: set another port/,
  );
});

Deno.test("workers: a single worker that dies is started again, and clients are served", async () => {
  await using backend = new ScriptedBackend("a");
  const script = new URL("../support/mortal_balancer.ts", import.meta.url);
  const { program, url } = await started(backend.url, {}, script);
  await using _program = program;
  for (let death = 1; death <= 2; death++) {
    program.kill("SIGUSR2");
    await program.shows(new RegExp(`(worker 1 is started again[^]*){${death}}`));
    const clients = await connect(url, 3);
    assertEquals(await ask(clients), [200, 200, 200]);
    close(clients);
  }
});

Deno.test("workers: a worker that hangs is reported, takes readiness away, and may go on", async () => {
  await using backend = new ScriptedBackend("a");
  const ADMIN_PORT = String(deadPort());
  const script = new URL("../support/mortal_balancer.ts", import.meta.url);
  const folder = await Deno.makeTempDir();
  using _folder = { [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }) };
  const HANGS_UNTIL = `${folder}/over`;
  const { program, url } = await started(backend.url, { ADMIN_PORT, HANGS_UNTIL }, script);
  await using _program = program;
  const probe = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${ADMIN_PORT}${path}`);
    return [response.status, await response.text()];
  };
  program.kill("SIGUSR2");
  await program.shows(/worker 1 hangs: its clients wait/);
  assertEquals(await probe("/livez"), [503, "not well: worker 1 hangs\n"]);
  assertEquals(await probe("/readyz"), [503, "not ready: worker 1 hangs\n"]);
  await Deno.writeTextFile(HANGS_UNTIL, "");
  await program.shows(/worker 1 goes on/);
  assertEquals(await probe("/readyz"), [200, "ready\n"]);
  assertEquals(await (await fetch(url)).text(), "a");
});
