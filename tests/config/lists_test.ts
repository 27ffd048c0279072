/** Files that list backends, as a configuration file names them. */
import { assertEquals } from "@std/assert";
import { ConfigError, loadConfiguration } from "../../lib/config/load.ts";
import { titleOf } from "../../lib/config/values/listed_backend.ts";

const FILE = "roundabout.jsonc";

const pool = (...backends: unknown[]) => ({ pools: { users: { backends } } });

/** What a folder with a configuration and a list comes to: the backends, or what is wrong with it. */
async function load(
  configuration: unknown,
  list?: string,
): Promise<readonly unknown[]> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/${FILE}`, JSON.stringify(configuration));
    await Deno.mkdir(`${folder}/folder`);
    if (list !== undefined) await Deno.writeTextFile(`${folder}/users.txt`, list);
    const loaded = await loadConfiguration({}, `${folder}/${FILE}`);
    return loaded.configuration.pools["users"]!.backends.map((entry) =>
      "file" in entry ? [entry.file, entry.backup, ...entry.backends.map(titleOf)] : titleOf(entry)
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const lines = error.message.replaceAll(`${folder}/`, "").split("\n");
    return lines.filter((line) => line.includes("error: ")).map((line) =>
      line.replace(/^.*?error: pools\.users\./, "")
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const LISTED = { file: "users.txt" };

Deno.test("lists: a file's backends are those of the pool, at its place", async () => {
  const list = "http://b:5000 weight=2\ndns+http://users:5000\n";
  assertEquals(await load(pool("http://a", LISTED), list), [
    "http://a",
    ["users.txt", false, "http://b:5000", "dns+http://users:5000"],
  ]);
  assertEquals(await load(pool({ ...LISTED, backup: true }), "http://b\n"), [
    ["users.txt", true, "http://b"],
  ]);
});

for (
  const [what, file, list, problem] of [
    ["is missing", "users.txt", undefined, "must name a readable file: no such file or directory"],
    ["is a directory", "folder", undefined, "must name a readable file: it is a directory"],
    [
      "is no regular file",
      "/dev/null",
      undefined,
      "must name a readable file: it is no regular file",
    ],
    ["is empty", "users.txt", "# none\n", "must name a file with at least one backend"],
    ["is too large", "users.txt", " ".repeat(1024 * 1024 + 1), "must name a file of at most 1 MiB"],
  ] as const
) {
  Deno.test(`lists: a file that ${what} is refused`, async () => {
    assertEquals(await load(pool({ file }), list), [`backends[0].file ${problem}`]);
  });
}

Deno.test("lists: each line that is no backend is told with its number, and no line that is one", async () => {
  assertEquals(await load(pool(LISTED), "http://a\nb:5000\n\nhttp://c?x\n"), [
    "backends[0].file names users.txt, of which line 2 must start with http:// or https://: " +
    'found "b:5000", did you mean "http://b:5000"?',
    'backends[0].file names users.txt, of which line 4 must not have a query: found "http://c?x"',
  ]);
});

Deno.test("lists: a file lists no backend that the pool has already, and not the balancer itself", async () => {
  const list = "http://a\nhttp://localhost:5000\ndns+http://localhost:5000\n";
  assertEquals(await load(pool("http://a", LISTED), list), [
    "backends[1].file lists http://a, which the pool has already",
    "backends[1].file lists http://localhost:5000, which is this balancer's own listener http",
    "backends[1].file lists dns+http://localhost:5000, which is this balancer's own listener http",
  ]);
});

Deno.test("lists: no message shows a password of a list", async () => {
  const [problem] = await load(pool(LISTED), "http://bob:hunter2@users\n");
  assertEquals(
    problem,
    'backends[0].file names users.txt, of which line 1 must not have credentials: found "***@users"',
  );
});
