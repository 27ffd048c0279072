/** Reloads of the whole program: by signal, by the admin port, with several workers. */
import { assert, assertEquals } from "@std/assert";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { answersOf, ask, Reloadable, users } from "../support/reloadable.ts";

Deno.test("reload: SIGHUP puts the file in force for all workers, and the log says what has changed", async () => {
  await using a = new ScriptedBackend("a");
  await using b = new ScriptedBackend("b");
  await using balancer = new Reloadable();
  await balancer.start(users(a));
  assertEquals(await answersOf(balancer), new Set(["a"]));
  balancer.write(users(b));
  balancer.program.kill("SIGHUP");
  await balancer.program.shows(
    new RegExp(`info configuration 2, by SIGHUP: pool users: \\+ ${b.url}, - ${a.url}`),
  );
  assertEquals(await answersOf(balancer), new Set(["b"]));
  balancer.program.kill("SIGHUP");
  await balancer.program.shows(/configuration 2 stays: nothing has changed/);
});

Deno.test("reload: files can be watched from now on although the working directory is gone", async () => {
  await using a = new ScriptedBackend("a");
  await using balancer = new Reloadable();
  const cwd = await Deno.makeTempDir();
  await balancer.start(users(a), undefined, cwd);
  await Deno.remove(cwd);
  balancer.write({ ...users(a), watch: true });
  assertEquals((await balancer.admin("POST", "/api/reload")).status, 200);
  balancer.write({ ...users(a), watch: true, timeouts: { drain: "5s" } });
  await balancer.program.shows(/configuration 3, by a changed file: .*drain/);
  assertEquals(await ask(balancer.url), "a");
});

Deno.test("reload: a worker that dies comes back with the newest configuration", async () => {
  await using a = new ScriptedBackend("a");
  await using b = new ScriptedBackend("b");
  await using balancer = new Reloadable();
  const script = new URL("../support/mortal_balancer.ts", import.meta.url);
  await balancer.start(users(a), script);
  balancer.write(users(b));
  balancer.program.kill("SIGHUP");
  await balancer.program.shows(/configuration 2, by SIGHUP/);
  balancer.program.kill("SIGUSR2");
  await balancer.program.shows(/worker 1 is started again/);
  assertEquals(await answersOf(balancer, 20), new Set(["b"]));
});

Deno.test("reload: many that are asked for at once are few, and the last file is in force", async () => {
  await using a = new ScriptedBackend("a");
  await using b = new ScriptedBackend("b");
  await using balancer = new Reloadable();
  await balancer.start(users(a));
  const asked: Promise<{ status: number; json: unknown }>[] = [];
  for (let i = 0; i < 20; i++) {
    balancer.write({ ...users(i % 2 === 0 ? b : a), timeouts: { drain: `${10 + i}s` } });
    asked.push(balancer.admin("POST", "/api/reload"));
  }
  const answers = await Promise.all(asked);
  // The port does ten changes at a time, and turns more away.
  const numbers = answers.filter(({ status }) => status === 200)
    .map(({ json }) => (json as { number: number }).number);
  assert(numbers.length >= 10);
  assert(Math.max(...numbers) <= 4, `${numbers}`);
  assertEquals(await answersOf(balancer), new Set(["a"]));
});

Deno.test("reload: a drain by hand lasts through it, and a weight set by hand until the file has another one", async () => {
  await using a = new ScriptedBackend("a");
  await using b = new ScriptedBackend("b");
  await using c = new ScriptedBackend("c");
  await using balancer = new Reloadable();
  const path = ({ url }: ScriptedBackend) => `/api/pools/users/backends/${encodeURIComponent(url)}`;
  const stateOf = async (backend: ScriptedBackend) => {
    const { json } = await balancer.admin("GET", path(backend));
    const { state, weight, setByHand } = json as Record<string, unknown>;
    return [state, weight, setByHand];
  };
  await balancer.start(users(a, b, c));
  assertEquals((await balancer.admin("POST", `${path(a)}/drain`)).status, 200);
  const weighed = await fetch(`http://127.0.0.1:${balancer.adminPort}${path(b)}/weight`, {
    method: "POST",
    body: '{"weight":0}',
  });
  assertEquals(await weighed.json(), {
    pool: "users",
    backend: b.url,
    inFlight: 0,
    draining: false,
    weight: 0,
  });
  assertEquals(await answersOf(balancer), new Set(["c"]));
  balancer.write({ ...users(a, b, c), timeouts: { drain: "5s" } });
  assertEquals((await balancer.admin("POST", "/api/reload")).status, 200);
  assertEquals(await answersOf(balancer), new Set(["c"]));
  assertEquals(await stateOf(a), ["draining", 1, true]);
  assertEquals(await stateOf(b), ["in use", 0, true]);
  const backends = [a.url, { url: b.url, weight: 2 }, c.url];
  balancer.write({ pools: { users: { backends } } });
  assertEquals((await balancer.admin("POST", "/api/reload")).status, 200);
  assertEquals(await stateOf(b), ["in use", 2, false]);
  assertEquals((await balancer.admin("POST", `${path(a)}/ready`)).status, 200);
  assertEquals(await answersOf(balancer), new Set(["a", "b", "c"]));
});
