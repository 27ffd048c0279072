import { assertEquals, assertMatch } from "@std/assert";
import { Program } from "../support/program.ts";
import { Dialogue } from "../support/raw_client.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { backendsAnswer } from "../support/started.ts";

/** More than any pipe holds. */
const STUFFING = new Uint8Array(2 * 1024 * 1024);

/** Starts the program with a full pipe for both of its outputs, and reads the pipe only when asked to. */
async function startUnread(env: Record<string, string>, script?: URL) {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/pipe`;
  await new Deno.Command("mkfifo", { args: [path] }).output();
  const pipe = await Deno.open(path, { read: true, write: true });
  const stuffer = await Deno.open(path, { write: true }); // one file does not read while it writes
  const stuffed = stuffer.write(STUFFING);
  const program = new Program(["start"], {
    ...(script !== undefined && { script }),
    env,
    shell: `exec "$0" "$@" > ${path} 2>&1`,
  });
  return {
    program,
    /** Reads until the pattern matches. @returns all that was read, without the stuffing */
    async read(pattern: RegExp): Promise<string> {
      const buffer = new Uint8Array(64 * 1024);
      let text = "";
      while (!pattern.test(text)) {
        const size = await pipe.read(buffer);
        text += new TextDecoder().decode(buffer.subarray(0, size!)).replaceAll("\0", "");
      }
      return text;
    },
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      let left = STUFFING.length;
      const written = stuffed.then(() => left = 0);
      const buffer = new Uint8Array(64 * 1024);
      while (left > 0) await Promise.race([pipe.read(buffer), written]);
      pipe.close();
      stuffer.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

const probe = async (port: number, path: string) =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).text();

Deno.test("unread output: with nobody who reads, it serves, answers /livez, ends ejections and stops on SIGTERM", async () => {
  await using a = new ScriptedBackend("a");
  const [port, admin, other] = [deadPort(), deadPort(), deadPort()];
  await using unread = await startUnread({
    USERS_SERVICE: `${a.url};http://127.0.0.1:${other}`,
    HOST: "127.0.0.1",
    PORT: String(port),
    ADMIN_PORT: String(admin),
    EJECT_AFTER: "1",
    EJECT_TIME: "100ms",
  });
  const url = `http://127.0.0.1:${port}`;
  await backendsAnswer(url);
  for (let i = 0; i < 4; i++) assertEquals(await (await fetch(url)).text(), "a");
  assertEquals(await probe(admin, "/livez"), "alive\n");
  await using _b = Deno.serve(
    { hostname: "127.0.0.1", port: other, onListen() {} },
    () => new Response("b"),
  );
  while (await (await fetch(url)).text() !== "b");
  unread.program.kill("SIGTERM");
  assertEquals(await unread.program.status(), 0);
});

Deno.test("unread output: a reader that comes late gets all lines, in order", async () => {
  await using a = new ScriptedBackend("a");
  const port = deadPort();
  await using unread = await startUnread({
    USERS_SERVICE: a.url,
    HOST: "127.0.0.1",
    PORT: String(port),
    ADMIN_PORT: "off",
  });
  const url = `http://127.0.0.1:${port}`;
  await backendsAnswer(url);
  for (let i = 0; i < 20; i++) await (await fetch(`${url}/${i}`)).text();
  const text = await unread.read(/GET \/19 /);
  assertMatch(text, /listening on/);
  const paths = [...text.matchAll(/GET \/(\d+) /g)].map(([, path]) => Number(path));
  assertEquals(paths, Array.from({ length: 20 }, (_, i) => i));
});

Deno.test("unread output: a worker that dies is replaced although nobody reads why", async () => {
  await using a = new ScriptedBackend("a");
  const port = deadPort();
  const env = { USERS_SERVICE: a.url, HOST: "127.0.0.1", PORT: String(port), ADMIN_PORT: "off" };
  const script = new URL("../support/mortal_balancer.ts", import.meta.url);
  await using unread = await startUnread(env, script);
  const url = `http://127.0.0.1:${port}`;
  await backendsAnswer(url);
  using client = await Dialogue.open(port);
  unread.program.kill("SIGUSR2");
  await client.rest(); // the worker's connections end with it
  await backendsAnswer(url);
  const text = await unread.read(/is started again/);
  assertMatch(text, /error worker 1 died, requests lost with it: \d: Error: asked to die\\n +at /);
});

for (const stream of ["1", "2"]) {
  Deno.test(`unread output: a reader of stream ${stream} that has left ends nothing`, async () => {
    await using a = new ScriptedBackend("a");
    const port = deadPort();
    // The process becomes the writer of a pipe whose reader ends at once.
    const shell = `exec ${stream}> >(true); sleep 0.1; exec "$0" "$@"`;
    await using program = new Program(["start"], {
      env: { USERS_SERVICE: a.url, HOST: "127.0.0.1", PORT: String(port), ADMIN_PORT: "off" },
      shell: `exec bash -c '${shell}' "$0" "$@"`,
    });
    const url = `http://127.0.0.1:${port}`;
    await backendsAnswer(url);
    for (let i = 0; i < 3; i++) assertEquals(await (await fetch(url)).text(), "a");
    program.kill("SIGTERM");
    assertEquals(await program.status(), 0);
    const { stdout, stderr } = program;
    const [left, other] = stream === "1" ? [stdout, stderr] : [stderr, stdout];
    assertEquals(left, "");
    assertMatch(other, stream === "1" ? /access log lines are lost: broken pipe/ : /GET \/ 200 /);
  });
}
